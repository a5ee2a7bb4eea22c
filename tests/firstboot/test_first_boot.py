"""From a board without an engine to one that serves from the GPU, and all that can go wrong on the way.

Real: the service, its processes, the store, the pixel kernels (as C++), TensorRT-RTX's parser and builder. Not real: the
driver, and what runs an engine (see standin/). "TensorRT-RTX, not Orin".
"""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import pytest

from edge.monitoring.status import State, Status, read_status
from tests.edge.hot import Hot, portrait, wait_for
from tests.firstboot.conftest import Board

pytestmark = pytest.mark.slow


def status(hot: Hot) -> Status | None:
    path = hot.state / "status.json"
    return read_status(path) if path.exists() else None


def state(hot: Hot) -> State | None:
    now = status(hot)
    return None if now is None else now.state


def engine(hot: Hot) -> str:
    now = status(hot)
    return "" if now is None else now.engine


def on_gpu(hot: Hot) -> bool:
    """The service that runs now, not one whose last status still lies there."""
    now = status(hot)
    ours = now is not None and hot.process is not None and now.pid == hot.process.pid
    return ours and engine(hot).startswith("tensorrt") and state(hot) is State.READY


def degraded(hot: Hot) -> str:
    now = status(hot)
    return now.reason if now is not None and now.state is State.DEGRADED else ""


def cut(hot: Hot, name: str) -> None:
    """A photo goes through, whatever the engine."""
    hot.drop(f"{name}.jpg", portrait())
    wait_for(lambda: f"{name}.png" in hot.files("outbox"), hot)


def plans(hot: Hot) -> list[Path]:
    return sorted((hot.state / "engines").glob("*/engine.plan"))


def test_photos_are_cut_on_the_cpu_meanwhile_and_on_the_gpu_afterwards(hot: Hot, board: Board) -> None:
    board.inject(build_slow=1)
    hot.start()
    wait_for(lambda: state(hot) is State.BUILDING, hot)
    cut(hot, "meanwhile")
    assert state(hot) is State.BUILDING
    assert engine(hot).startswith("cpu")
    for number in range(12):  # a backlog that the change-over falls into
        hot.drop(f"{number}.jpg", portrait())
    wait_for(lambda: on_gpu(hot), hot, 120)
    cut(hot, "afterwards")
    wait_for(lambda: len(hot.files("outbox")) == 14 and not hot.files("inbox"), hot)
    assert hot.files("failed", "no_person") == set()
    assert len(plans(hot)) == 2  # for one photo, and for four
    hot.stop()
    begun = time.monotonic()
    hot.log.unlink()
    hot.start()
    wait_for(lambda: on_gpu(hot), hot)
    assert "building the engine" not in hot.said(), time.monotonic() - begun


def test_a_killed_builder_sends_it_down_the_ladder_and_the_rung_is_remembered(hot: Hot, board: Board) -> None:
    board.inject(build_killed=2)
    hot.start()
    wait_for(lambda: on_gpu(hot), hot, 120)
    assert hot.said().count("taken for want of memory; asking for less") == 2
    first = json.loads((plans(hot)[0].parent / "manifest.json").read_text())
    second = json.loads((plans(hot)[1].parent / "manifest.json").read_text())
    shrunk = [m for m in (first, second) if m["built"] != m["key"]["plan"]]
    assert [m["key"]["plan"]["batch"] for m in shrunk] == [1]
    assert shrunk[0]["built"]["workspace"] * 4 == shrunk[0]["key"]["plan"]["workspace"]
    hot.stop()
    board.upgrade("10.4.0")  # builds anew, and begins where it ended
    hot.log.unlink()
    hot.start()
    wait_for(lambda: on_gpu(hot), hot, 120)
    assert "is for another tensorrt" in hot.said()
    assert "asking for less" not in hot.said()
    assert f"workspace {shrunk[0]['built']['workspace'] >> 20} MB" in hot.said()


def test_when_no_rung_holds_the_cpu_goes_on_as_degraded(hot: Hot, board: Board) -> None:
    board.inject(build_killed=99)
    hot.start()
    wait_for(lambda: degraded(hot), hot, 120)
    assert "no engine could be built within this board's memory" in degraded(hot)
    assert "edge-matting build --force" in degraded(hot)
    cut(hot, "still")
    assert plans(hot) == []


def test_a_builder_that_gives_nothing_is_told_with_its_words(hot: Hot, board: Board) -> None:
    board.inject(build_nothing=99)
    hot.start()
    wait_for(lambda: degraded(hot), hot, 120)
    assert "TensorRT built no engine" in degraded(hot)
    cut(hot, "still")


@pytest.mark.parametrize("fault", ["run_wrong", "run_nan", "run_crashes", "run_refused", "engine_refused"])
def test_an_engine_that_fails_its_trial_is_not_published(hot: Hot, board: Board, fault: str) -> None:
    board.inject(**{fault: 99})
    hot.start()
    wait_for(lambda: degraded(hot), hot, 120)
    assert "failed its trial" in degraded(hot)
    if fault == "run_wrong":
        assert "dB from the CPU engine's" in degraded(hot)
    assert plans(hot) == []
    cut(hot, "still")


@pytest.mark.parametrize("damage", ["short", "byte", "key", "manifest"])
def test_an_engine_that_is_not_what_was_built_is_built_again(built: Hot, damage: str) -> None:
    plan = plans(built)[0]
    manifest = plan.with_name("manifest.json")
    data = plan.read_bytes()
    if damage == "short":
        plan.write_bytes(data[:-1000])
    elif damage == "byte":
        plan.write_bytes(data[:5000] + bytes([data[5000] ^ 1]) + data[5001:])
    elif damage == "key":
        manifest.write_text(manifest.read_text().replace("10.3.0", "8.6.2"))
    else:
        manifest.write_text("{")
    built.start()
    wait_for(lambda: on_gpu(built), built, 120)
    assert built.said().count("building the engine for a batch of") == 1
    assert len(plan.read_bytes()) == len(data)


def test_a_cache_that_cannot_be_written_is_found_before_the_build(hot: Hot) -> None:
    (hot.state / "engines").write_text("a file where the folder should be")
    hot.start()
    wait_for(lambda: degraded(hot), hot)
    assert "cannot be written" in degraded(hot)
    assert "building the engine" not in hot.said()
    cut(hot, "still")


@pytest.mark.parametrize(("disk", "words"), [("size=4m", "No space left on device"), ("ro", "Read-only file system")])
def test_a_disk_that_takes_no_engine_leaves_the_cpu_at_work(hot: Hot, board: Board, disk: str, words: str) -> None:
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine does not allow user namespaces with mounts")
    engines = hot.state / "engines"
    engines.mkdir()
    mount = f'mount -t tmpfs -o {disk} tmpfs "$0" && exec "$@"'
    hot.start("unshare", "-rm", "sh", "-c", mount, str(engines))
    cut(hot, "meanwhile")
    wait_for(lambda: degraded(hot), hot, 120)
    assert words in degraded(hot)
    assert ("building the engine" in hot.said()) is (disk != "ro")
    cut(hot, "still")


@pytest.mark.parametrize("fault", ["cuda_lost", "run_crashes", "run_nan", "run_refused", "gpu_full"])
def test_a_gpu_that_fails_at_work_costs_no_photo(built: Hot, board: Board, fault: str) -> None:
    built.start()
    wait_for(lambda: on_gpu(built), built, 120)
    cut(built, "before")
    board.inject(**{fault: 1})
    photo = portrait(1500 if fault == "gpu_full" else 320)  # larger than what came before: it needs more memory
    for number in range(6):
        built.drop(f"{number}.jpg", photo)
    wait_for(lambda: degraded(built), built)
    wait_for(lambda: engine(built).startswith("cpu"), built)
    wait_for(lambda: len(built.files("outbox")) == 7 and not built.files("inbox"), built)
    assert built.files("failed", "no_person") == set()
    assert "the GPU is tried again in 30 s" in built.said()


def test_a_gpu_that_hangs_is_given_up_and_tried_again(built: Hot, board: Board) -> None:
    built.config.write_text(built.config.read_text() + "[service]\nphoto_timeout_seconds = 5\n")
    built.start()
    wait_for(lambda: on_gpu(built), built, 120)
    board.inject(run_hangs=1)
    cut(built, "hung")
    assert "made no progress for 5 s" in degraded(built)
    wait_for(lambda: on_gpu(built), built, 90)  # after the pause of 30 s
    cut(built, "after")


def test_a_gpu_that_is_gone_at_boot_leaves_the_engines_alone(built: Hot, board: Board) -> None:
    board.inject(cuda_dead=1)
    built.start()
    wait_for(lambda: degraded(built), built)
    assert "no NVIDIA GPU can be used" in degraded(built)
    cut(built, "still")
    assert len(plans(built)) == 2


def test_no_photo_of_anybody_takes_the_gpu_from_the_others(built: Hot) -> None:
    """A photo that is at fault fails for itself."""
    built.start()
    wait_for(lambda: on_gpu(built), built, 120)
    built.drop("torn.jpg", portrait()[:4000])
    built.drop("good.jpg", portrait())
    wait_for(lambda: "good.png" in built.files("outbox") and "torn.jpg" in built.files("failed"), built)
    assert on_gpu(built)
