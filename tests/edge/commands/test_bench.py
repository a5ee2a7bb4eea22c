"""edge.commands.bench: its parts, and one short real run at a tiny size with the shipped model."""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from edge.commands.bench import add_arguments
from edge.commands.bench.child import Child
from edge.commands.bench.command import run, within_budgets
from edge.commands.bench.limits import limited
from edge.commands.bench.memory import PeakSampler, pss_mb, tree
from edge.commands.bench.photos import jpeg, numbered, size, source
from edge.commands.bench.report import Report, as_json, as_text
from edge.commands.bench.rivals import OURS, Contender, compare
from edge.commands.bench.stages import spread
from matting.errors import EngineError, ModelError, SettingsError
from matting.model import default_model_dir

ECHO = """
import json, sys
print(json.dumps({"load_ms": 1.0, "version": "echo 1"}), flush=True)
for number, line in enumerate(sys.stdin):
    if number == LAST: sys.exit("no more")
    print(json.dumps({"ms": MS, "bytes": 10, "peak_mb": 5.0}), flush=True)
"""


def echo(name: str, ms: float, last: int = -1) -> Contender:
    program = ECHO.replace("MS", str(ms)).replace("LAST", str(last))
    return Contender(name, lambda: Child([sys.executable, "-c", program], dict(os.environ)))


def arguments(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(words)


@pytest.fixture(scope="module")
def report() -> Iterator[Report]:
    if not (default_model_dir() / "model.toml").is_file():
        pytest.skip("the model is not in this checkout")
    yield run(arguments("--sizes", "96x128", "--photos", "2", "--floor"))


@pytest.mark.slow
def test_stages_add_up_to_the_whole(report: Report) -> None:
    (result,) = report.stages
    parts = sum(times.median for times in result.stages.values())
    assert 0.5 * result.whole.median < parts < 1.5 * result.whole.median
    assert result.photos_per_second > 0
    assert 0 < result.resident_mb <= result.peak_mb <= result.peak_overlap_mb


@pytest.mark.slow
def test_the_service_gives_every_photo_a_verdict(report: Report) -> None:
    (result,) = report.service
    assert result.cut + result.no_person + result.failed == 1 + 2 + 3
    assert result.peak_alone_mb > 0 and result.peak_mb > 0
    assert result.latency.median > 0
    assert result.photos_per_second > 0


@pytest.mark.slow
def test_report_has_all_keys(report: Report) -> None:
    found: dict[str, Any] = json.loads(as_json(report))
    assert found.keys() == {"machine", "photo", "threads", "form_ms", "stages", "floor", "service", "rivals", "remarks"}
    assert found["machine"]["cores"] >= 1
    assert found["machine"]["ram_mb"] > 0
    assert "onnxruntime" in found["machine"]["versions"]
    text = as_text(report)
    assert "whole photo" in text
    assert "network alone: fp32 " in text and ", int8 " in text
    assert "warm service" in text
    assert "% of it person" in text and "times the floor" in text


@pytest.mark.slow
def test_somebody_is_in_what_is_measured(report: Report) -> None:
    (result,), (service,) = report.stages, report.service
    assert 0.2 < result.coverage < 0.9 and 0.01 < result.edge < 0.5
    assert (service.no_person, service.failed) == (0, 0)


@pytest.mark.slow
def test_the_floor_holds_what_a_photo_needs(report: Report) -> None:
    (result,) = report.floor
    one_core = sum(times.median for times in result.parts.values())
    assert len(result.parts) == 5 and 0 < result.floor_ms <= 1.5 * one_core / result.cores
    assert result.ratio > 0 and result.ours_ms > 0


@pytest.mark.slow
def test_a_photo_of_nobody_is_not_timed(tmp_path: Path) -> None:
    Image.new("RGB", (96, 128), (90, 120, 90)).save(tmp_path / "wall.png")
    with pytest.raises(SettingsError, match="nobody is found"):
        run(arguments("--sizes", "96x128", "--photos", "1", "--photo", str(tmp_path / "wall.png")))
    with pytest.raises(SettingsError, match="nobody is found"):
        within_budgets(arguments("--budget", "orin-nano-4gb", "--sizes", "96x128", "--photo", str(tmp_path / "wall.png")))


def test_ratio_is_the_quotient_of_the_medians(tmp_path: Path) -> None:
    ticks: list[int] = []
    results, failed = compare((echo(OURS, 20), echo("rival", 50)), tmp_path, "tiny", 3, lambda: ticks.append(1))
    assert [(each.name, each.ours_to_this, each.photos) for each in results] == [(OURS, 1.0, 3), ("rival", 0.4, 3)]
    assert not failed
    assert len(ticks) == 4


def test_a_rival_that_dies_is_told_and_left_out(tmp_path: Path) -> None:
    contenders = (echo(OURS, 20), echo("weak", 50, last=2))
    results, failed = compare(contenders, tmp_path, "tiny", 3, lambda: None)
    assert [each.name for each in results] == [OURS]
    assert failed == ["weak: the measured process ended: no more"]
    with pytest.raises(EngineError, match="no more"):
        compare((echo(OURS, 20, last=1),), tmp_path, "tiny", 3, lambda: None)


def test_missing_things_are_said() -> None:
    with pytest.raises(SettingsError, match="WIDTHxHEIGHT"):
        size("huge")
    with pytest.raises(ModelError):
        run(arguments("--model", "/nowhere"))


def test_photos_are_whole_and_distinct() -> None:
    picture = source(None)
    photo = jpeg(picture, 90, 160)
    assert jpeg(picture, 90, 160) == photo
    first, second = numbered(photo, 1), numbered(photo, 2)
    assert first != second
    images = [np.asarray(Image.open(io.BytesIO(data))) for data in (photo, first, second)]
    assert images[0].shape == (160, 90, 3)
    assert (images[0] == images[1]).all()
    assert (images[1] == images[2]).all()


def test_the_operators_photo(tmp_path: Path) -> None:
    Image.fromarray(source(None).rgb).save(tmp_path / "mine.png")
    assert source(tmp_path / "mine.png").name == "mine.png"


def test_memory_counts_the_whole_tree() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        assert child.pid in tree(os.getpid())
        with PeakSampler(os.getpid(), interval=0.01) as sampler:
            both = pss_mb(os.getpid())
        assert sampler.peak_mb > 0
        assert both > 0
    finally:
        child.communicate(b"\n")
    assert pss_mb(child.pid) == 0


def test_spread() -> None:
    assert spread([1.0, 2.0, 30.0]).median == 2
    assert 2 < spread([1.0, 2.0, 30.0]).p95 < 30


HOG = """
import sys
from edge.commands.bench.board_service import enter
enter(*sys.argv[1:])
print(len(bytearray(100_000_000)))
"""


@pytest.mark.parametrize("way", ["cgroup", "rlimit"])
def test_a_limit_holds_and_is_gone_afterwards(way: str, tmp_path: Path) -> None:
    """A process that takes 100 MB; in an empty tree in place of the cgroups rlimits have to do."""
    for most, ends_well in ((60_000_000, False), (400_000_000, True)):
        with limited(most, Path("/sys/fs/cgroup") if way == "cgroup" else tmp_path) as limit:
            if way == "cgroup" and limit.folder is None:
                pytest.skip("no cgroup may be made here")
            command = [sys.executable, "-c", HOG, str(limit.bytes), str(limit.folder or "-")]
            done = subprocess.run(command, timeout=60, check=False, capture_output=True)
            assert (done.returncode == 0) == ends_well
            assert limit.kills() == (way == "cgroup" and not ends_well)
        assert limit.folder is None or not limit.folder.exists()


@pytest.mark.slow
def test_a_board_is_measured_within_its_memory() -> None:
    words = ["--budget", "orin-nano-4gb", "--photos", "2", "--sizes", "300x400", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "edge.cli", "bench", *words], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    (result,) = json.loads(done.stdout)
    assert [result[key] for key in ("board", "cut", "no_person", "failed", "killed")] == ["orin-nano-4gb", 3, 0, 0, 0]
    assert 0 < result["peak_mb"] < result["high_mb"] < result["limit_mb"] < 3350 * 1.048576
    assert result["limited_by"].startswith(("a cgroup", "RLIMIT_DATA"))
    with pytest.raises(SettingsError, match="orin-nano-4gb"):
        within_budgets(arguments("--budget", "orin-nano-3gb"))
