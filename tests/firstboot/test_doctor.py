"""`edge-matting doctor` on a board with a GPU. The driver and what runs an engine are stand-ins (see standin/)."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from tests.edge.boards import pc, write
from tests.edge.hot import Hot
from tests.firstboot.conftest import Board

pytestmark = pytest.mark.slow


def doctor(hot: Hot) -> dict[str, list[dict[str, str]]]:
    """The findings by check. This machine's own memory, for which the engines were built, and a driver's node."""
    root = pc(hot.root / "root")
    shutil.copy("/proc/meminfo", root / "proc/meminfo")
    write(root / "dev/nvidiactl", "")
    command = [sys.executable, "-m", "edge.cli", "doctor", "--json", "--config", str(hot.config), "--root", str(root)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr  # whatever the GPU does, the CPU cuts photos
    found: dict[str, list[dict[str, str]]] = {}
    for each in json.loads(done.stdout)["findings"]:
        found.setdefault(each["check"], []).append(each)
    return found


def test_a_gpu_that_works_and_its_engines(built: Hot) -> None:
    found = doctor(built)
    assert found["devices"][0]["said"] == "nvidiactl"
    assert found["cuda"][0]["said"] == "Orin (stand-in), compute 8.7, CUDA 12.6: a kernel ran, rightly"
    assert found["tensorrt"][0]["said"].startswith("TensorRT 10.3.0 in ")
    assert {each["level"] for each in found["engines"]} == {"ok"}
    assert all("whole, for Orin (stand-in) and TensorRT 10.3.0" in each["said"] for each in found["engines"])


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("launch_crashes", "the process that launched a kernel was killed by SIGABRT"),
        ("launch_does_nothing", "computes wrongly"),
        ("cuda_dead", "no NVIDIA GPU can be used"),
    ],
)
def test_a_gpu_that_does_not_work(hot: Hot, board: Board, fault: str, words: str) -> None:
    board.inject(**{fault: 1})
    (cuda,) = doctor(hot)["cuda"]
    assert cuda["level"] == "warning"
    assert words in cuda["said"]


def test_engines_that_are_not_there(hot: Hot) -> None:
    assert all(
        (each["level"], each["said"].split(": ")[1], each["todo"]) == ("warning", "none was built yet", "edge-matting build")
        for each in doctor(hot)["engines"]
    )
    assert not (hot.state / "engines").exists()  # a doctor changes nothing


def test_engines_of_another_tensorrt_and_one_that_was_cut(built: Hot, board: Board) -> None:
    plan = next(iter(sorted((built.state / "engines").glob("*/engine.plan"))))
    plan.write_bytes(plan.read_bytes()[:-1])
    found = doctor(built)["engines"]
    (cut,) = [each for each in found if each["level"] == "warning"]
    assert "the stored engine has" in cut["said"]
    assert cut["todo"] == "edge-matting build"
    board.upgrade("10.4.0")
    assert all("is for another tensorrt" in each["said"] for each in doctor(built)["engines"])
