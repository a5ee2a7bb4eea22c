"""Builds in a process of their own, as the service runs them. TensorRT-RTX, not Orin."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.engine.tensorrt.build_process import BuildProcess, Outcome
from edge.engine.tensorrt.plan import BuildPlan
from matting.model import default_model_dir, load_model
from tests.tensorrt import rtx

PLAN = BuildPlan("fp32", 1, 256 << 20, 256 << 20)
ROOT = Path(rtx.__file__).parents[2]


@pytest.fixture(autouse=True)
def tensorrt_is_rtx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{ROOT / 'tests' / 'tensorrt' / 'shim'}{os.pathsep}{ROOT}")


def portrait() -> Path:
    return load_model(default_model_dir()).file("onnx")


def outcome(build: BuildProcess, at_progress: Callable[[BuildProcess], None] = lambda build: None) -> Outcome:
    while (ended := build.poll()) is None:
        assert select.select([build], [], [], 60)[0], "the build says nothing"
        if build.progress > 0:
            at_progress(build)
    return ended


def test_an_engine_comes_back_whole_with_its_progress() -> None:
    seen: list[float] = []
    ended = outcome(BuildProcess(portrait(), PLAN, b""), lambda build: seen.append(build.progress))
    assert ended.kind == "built", ended.reason
    assert ended.built is not None
    assert len(ended.built.engine) > 10_000_000
    assert seen == sorted(seen)


def test_a_killed_builder_counts_as_short_of_memory() -> None:
    build = BuildProcess(portrait(), PLAN, b"")
    os.kill(build._process.pid, signal.SIGKILL)
    ended = outcome(build)
    assert ended.kind == "short"
    assert "SIGKILL" in ended.reason


def test_cancelling_ends_it() -> None:
    build = BuildProcess(portrait(), PLAN, b"")
    build.cancel()
    assert outcome(build).kind == "cancelled"


def test_a_stopped_builder_is_cancelled_by_force() -> None:
    build = BuildProcess(portrait(), PLAN, b"")
    os.kill(build._process.pid, signal.SIGSTOP)
    build.cancel()
    assert outcome(build).kind == "cancelled"


def test_a_network_that_is_none_is_refused_for_good(tmp_path: Path) -> None:
    (tmp_path / "foreign.onnx").write_bytes(b"not a network")
    ended = outcome(BuildProcess(tmp_path / "foreign.onnx", PLAN, b""))
    assert ended.kind == "refused"
    assert "cannot use this network" in ended.reason


def test_without_tensorrt_the_reason_says_where_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH")
    ended = outcome(BuildProcess(portrait(), PLAN, b""))
    assert ended.kind == "refused"  # no plan that asks for less would help
    assert "--system-site-packages" in ended.reason
