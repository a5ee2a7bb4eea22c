"""edge.commands.evaluate.command with an engine that answers a known matte; the rest of the path is the real one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from edge.commands.evaluate.command import evaluate, evaluate_mattes, read_alpha
from edge.commands.evaluate.report import Compared, Report, Skipped, as_numbers, as_table, report, side_by_side, worst_decile
from matting.cpu_work import CpuWork
from matting.model import InputSpec, ModelSpec, PresenceSpec
from matting.photo import F32
from matting.quality import compare

SIDE = 96
MODEL = ModelSpec(
    name="known",
    version="1",
    licence="none",
    input=InputSpec("input", 64, 64, "NCHW", (0, 0, 0), (255, 255, 255), "stretch"),
    output="alpha",
    presence=PresenceSpec(min_coverage=0.01, min_peak=0.5),
    files={},
)


class Bright:
    """Alpha is 1 where the photo is bright."""

    name = "bright"

    def infer(self, tensor: F32) -> F32:
        return np.asarray(tensor[0].mean(0) > 0.5, np.float32)

    def close(self) -> None:
        pass


def disc() -> F32:
    alpha = np.zeros((SIDE, SIDE), np.float32)
    cv2.circle(alpha, (48, 48), 30, (1.0,), -1, cv2.LINE_AA)
    return alpha


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    photos, alphas = tmp_path / "photos", tmp_path / "alphas"
    photos.mkdir()
    alphas.mkdir()
    return photos, alphas


def photo(folder: Path, name: str, grey: F32) -> Path:
    Image.fromarray((grey * 255).astype(np.uint8)).convert("RGB").save(folder / name)
    return folder / name


def run(folders: tuple[Path, Path]) -> list[Compared | Skipped]:
    return list(evaluate(sorted(folders[0].iterdir()), folders[1], CpuWork(Bright(), MODEL)))


def test_a_person_is_compared(folders: tuple[Path, Path]) -> None:
    photo(folders[0], "a.png", disc())
    Image.fromarray((disc() * 255).astype(np.uint8)).save(folders[1] / "a.png")
    (one,) = run(folders)
    assert isinstance(one, Compared)
    assert not one.no_person
    assert one.quality.iou > 0.95
    assert one.quality.mad < 30


def test_nobody_counts_as_empty_alpha(folders: tuple[Path, Path]) -> None:
    photo(folders[0], "dark.png", disc() * 0)
    Image.fromarray((disc() * 255).astype(np.uint8)).save(folders[1] / "dark.png")
    (one,) = run(folders)
    assert isinstance(one, Compared)
    assert one.no_person
    assert one.quality.iou == 0
    true = read_alpha(folders[1] / "dark.png")
    assert not isinstance(true, str)
    assert one.quality.mad == compare(np.zeros_like(true), true).mad
    assert "no person found" in as_table(Report("bright", (one,), ()), verbose=False)


def test_what_cannot_be_compared_is_told(folders: tuple[Path, Path]) -> None:
    photo(folders[0], "alone.png", disc())
    photo(folders[0], "other.png", disc())
    photo(folders[0], "bad.png", disc())
    (folders[0] / "broken.jpg").write_bytes(b"no picture")
    for name in ("broken", "other", "bad"):
        Image.new("L", (10, 10)).save(folders[1] / f"{name}.png")
    (folders[1] / "bad.png").write_bytes(b"")
    found = {result.name: result.reason for result in run(folders) if isinstance(result, Skipped)}
    assert found.keys() == {"alone.png", "bad.png", "broken.jpg", "other.png"}
    assert found["alone.png"] == "no true alpha alone.png"
    assert found["bad.png"] == "bad.png is no 8 or 16 bit PNG"
    assert found["other.png"] == "its true alpha is 10x10 instead of 96x96"


def test_every_kind_of_true_alpha(tmp_path: Path) -> None:
    alpha = disc()
    grey = (alpha * 255).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "grey.png"), grey)
    cv2.imwrite(str(tmp_path / "rgba.png"), np.dstack([grey * 0, grey * 0, grey * 0, grey]))
    cv2.imwrite(str(tmp_path / "deep.png"), (alpha * 65535).astype(np.uint16))
    for name, tolerance in (("grey", 1 / 255), ("rgba", 1 / 255), ("deep", 1 / 65535)):
        read = read_alpha(tmp_path / f"{name}.png")
        assert not isinstance(read, str)
        assert read.dtype == np.float32
        assert np.abs(read - alpha).max() <= tolerance


def test_report() -> None:
    results = [Compared(f"{n}.jpg", compare(disc() * np.float32(1 - n / 50), disc()), False) for n in range(20)]
    assert [one.name for one in worst_decile(results)] == ["19.jpg", "18.jpg"]
    whole = report("bright", [*results, Skipped("x.jpg", "why")])
    numbers: dict[str, Any] = json.loads(json.dumps(as_numbers(whole), allow_nan=False))
    assert numbers.keys() == {"engine", "mean", "worst_decile", "photos", "skipped"}
    assert numbers["photos"][0]["psnr"] is None
    assert numbers["worst_decile"]["mad"] == pytest.approx((results[19].quality.mad + results[18].quality.mad) / 2)
    table = as_table(whole, verbose=False)
    assert "skipped x.jpg: why" in table
    assert "14.jpg" not in table
    assert "14.jpg" in as_table(whole, verbose=True)
    assert as_table(report("bright", []), verbose=False).endswith("nothing could be compared")


def test_models_and_other_software_side_by_side(folders: tuple[Path, Path], tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    for name in ("one", "two"):
        photo(folders[0], f"{name}.png", disc())
        photo(folders[1], f"{name}.png", disc())
    photo(theirs, "one.png", disc() * np.float32(0.5))
    photos = sorted(folders[0].iterdir())
    other = report("theirs", evaluate_mattes(photos, folders[1], theirs))
    assert [one.name for one in other.skipped] == ["two.png"]
    table = side_by_side([report("ours", run(folders)), other]).splitlines()
    assert table[0].startswith("means over 1 photos")  # what only one of them could do says nothing
    ours, halved = (float(line.split()[1]) for line in table[1:])
    assert ours < 5 < halved


@pytest.mark.parametrize("missing", ["photos", "alphas", "mattes"])
def test_a_folder_that_is_not_there_is_said_so(tmp_path: Path, missing: str) -> None:
    for name in {"photos", "alphas", "mattes"} - {missing}:
        (tmp_path / name).mkdir()
    folders = [str(tmp_path / "photos"), str(tmp_path / "alphas"), "--mattes", str(tmp_path / "mattes")]
    command = [sys.executable, "-m", "edge.cli", "evaluate", *folders]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 2
    assert result.stderr == f"edge-matting: {tmp_path / missing} is not there: name a folder of pictures\n"


def test_a_tables_head_has_the_units() -> None:
    head = as_table(report("bright", [Compared("a.jpg", compare(disc(), disc()), False)]), verbose=False).splitlines()[1]
    assert "MAD x1e3" in head and "SAD /1e3" in head and "PSNR dB" in head
