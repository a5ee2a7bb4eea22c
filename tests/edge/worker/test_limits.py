from __future__ import annotations

import subprocess
import sys

# A worker of one megapixel: outputs of 6 MB and 16 MiB.
BOUND = """
import errno, os, resource, sys
from pathlib import Path
from edge.ipc.memory_file import create_memory_file
from edge.worker.limits import bound
from edge.worker.messages import StartWorker
bound(StartWorker(Path("/nowhere"), sys.argv[1], "onnx", 1, 1, 1_000_000, 2 << 30))
output, most = create_memory_file("output"), 6_000_000 + (16 << 20)
assert os.pwrite(output, b"x" * 10, most - 4) == 4
for grow in (lambda: os.pwrite(output, b"x", most), lambda: os.ftruncate(output, most + 1),
             lambda: os.posix_fallocate(output, 0, 20 << 30)):
    try:
        grow()
    except OSError as error:
        assert error.errno == errno.EFBIG, error
    else:
        raise AssertionError("it grew")
for name in ("CORE", "MSGQUEUE", "DATA", "NOFILE"):
    print(*resource.getrlimit(getattr(resource, "RLIMIT_" + name)))
"""


def limits(engine: str) -> list[tuple[int, ...]]:
    result = subprocess.run([sys.executable, "-c", BOUND, engine], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return [tuple(map(int, line.split())) for line in result.stdout.splitlines()]


def test_an_output_ends_at_the_largest_that_a_photo_can_have() -> None:
    assert limits("cpu") == [(0, 0), (0, 0), (2 << 30, 2 << 30), (256, 256)]


def test_a_driver_may_open_what_it_likes() -> None:
    assert limits("torch")[:3] == limits("cpu")[:3]
    assert limits("torch")[3] != (256, 256)
