"""The real pycuda over a stand-in for NVIDIA's driver: what we ask of it, and what becomes of its errors."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from matting.cuda.device import gpu_facts, launch_shape
from matting.errors import NoGpu
from tests.matting.cuda import driver

ROOT = Path(__file__).parents[3]
needs_pycuda = pytest.mark.skipif(driver.missing() is not None, reason=driver.missing() or "")


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return driver.build(tmp_path_factory.mktemp("driver"))


def on_the_gpu(stand_in: Path, what: str, fault: str = "") -> dict[str, Any]:
    """The answer of a process in which the stand-in is the driver, and which must end well."""
    command = [sys.executable, "-m", "tests.matting.cuda.on_the_gpu", what]
    environment = driver.environment(stand_in, fault)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=ROOT, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


@needs_pycuda
def test_photos_on_the_gpu_are_the_same_bytes_as_without_pycuda(stand_in: Path) -> None:
    """Arguments packed, threads launched, memory copied, and all given back: by pycuda, as on a board."""
    answer = on_the_gpu(stand_in, "photos")
    assert answer["same"] == [True, True, True]
    assert answer["held_at_the_end"] == 0 and answer["alive"] == []


@needs_pycuda
def test_a_machine_without_a_gpu(stand_in: Path) -> None:
    for what in ("open", "facts"):
        answer = on_the_gpu(stand_in, what, "cuInit=100")
        assert answer["error"] == "NoGpu"
        assert "no CUDA-capable device is detected" in answer["message"] and "check the driver" in answer["message"]


@needs_pycuda
@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("cuDevicePrimaryCtxRetain=2", "takes no work .*out of memory"),
        ("cuCtxPushCurrent=46", "takes no work"),
        ("cuModuleLoad=209", "kernels.cubin does not load .*compile the kernels on this board"),
        ("cuStreamCreate=2", "kernels.cubin does not load"),
    ],
)
def test_a_gpu_that_cannot_be_opened_is_told_and_let_go(stand_in: Path, fault: str, says: str) -> None:
    """pycuda aborts a process in which a thread ends with a context on its stack."""
    answer = on_the_gpu(stand_in, "open", fault)
    assert answer["error"] == "EngineError"
    assert re.search(says, answer["message"]), answer["message"]


@needs_pycuda
@pytest.mark.parametrize("call", ["cuLaunchKernel=700@30", "cuMemcpyHtoDAsync=700@2", "cuStreamSynchronize=719@4"])
def test_an_illegal_access_in_mid_service_is_a_lost_gpu(stand_in: Path, call: str) -> None:
    """All that wait hear of it in one sentence, the GPU thread ends, and so does the process, without an abort."""
    answer = on_the_gpu(stand_in, "photos", call)
    assert set(answer["errors"]) == {"GpuLost"}
    assert all("the GPU was lost" in message and "must end" in message for message in answer["messages"])
    assert answer["after"] == "GpuLost" and answer["alive"] == []


@needs_pycuda
def test_too_little_memory_costs_one_photo(stand_in: Path) -> None:
    answer = on_the_gpu(stand_in, "photos", "cuMemAlloc=2@9")
    assert answer["errors"] == ["OutOfMemory"]
    assert answer["after"] is None and answer["held_at_the_end"] == 0


@needs_pycuda
def test_the_facts_of_the_gpu(stand_in: Path) -> None:
    name = "no GPU: the kernels as C++"
    assert on_the_gpu(stand_in, "facts") == {"name": name, "capability": "8.7", "processors": 8, "cuda": "13.0"}


@pytest.mark.skipif(driver.missing() is None, reason="pycuda is here")
def test_without_pycuda_it_is_told_how_to_get_it() -> None:
    with pytest.raises(NoGpu, match="pip install"):
        gpu_facts()


@pytest.mark.parametrize(("columns", "rows"), [(1, 1), (33, 9), (4096, 3), (16384, 16384), (3, 4_000_000)])
def test_a_launch_covers_every_pixel_within_cudas_limits(columns: int, rows: int) -> None:
    block, grid = launch_shape(columns, rows)
    assert block[0] * grid[0] >= columns and block[1] * grid[1] >= rows
    assert block[0] * block[1] * block[2] == 256 and grid[1] <= 65535
