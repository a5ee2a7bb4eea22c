"""A board's memory, imposed on a process and all that it starts: by a cgroup of its own, else by rlimits."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
# Where version 1 and version 2 keep the same: the limit, the peak, the kills.
_FILES = {
    1: ("memory.limit_in_bytes", "memory.max_usage_in_bytes", "memory.oom_control"),
    2: ("memory.max", "memory.peak", "memory.events"),
}


@dataclass(frozen=True, slots=True)
class Limit:
    """folder: the cgroup that a process must enter; None where it has to limit its own data instead, and that of each
    process that it starts, to so many bytes. version: of cgroups."""

    bytes: int
    folder: Path | None = None
    version: int = 0

    def __str__(self) -> str:
        if self.folder is None:
            return "RLIMIT_DATA for each process, as no cgroup can be made here"
        return f"a cgroup (version {self.version}) around all processes, page cache included"

    def kills(self) -> int:
        """How many processes the kernel has killed for it."""
        if self.folder is None:
            return 0
        found = re.search(r"^oom_kill (\d+)", (self.folder / _FILES[self.version][2]).read_text(), re.MULTILINE)
        return int(found[1]) if found else 0

    def peak(self) -> int | None:
        """The most that its processes held together, page cache included; None where nobody counts."""
        try:
            return None if self.folder is None else int((self.folder / _FILES[self.version][1]).read_text())
        except FileNotFoundError:  # kernels before 5.19 have no memory.peak
            return None


@contextmanager
def limited(most: int, top: Path = _CGROUPS, own: Path = Path("/proc/self/cgroup")) -> Iterator[Limit]:
    """A limit of `most` bytes, to be entered by the process that it is for, and gone again afterwards."""
    for version, parent in _parents(top, own.read_text(encoding="ascii")):
        folder = parent / f"edge-matting-bench-{os.getpid()}"
        try:
            folder.mkdir()
        except OSError:  # not ours to make
            continue
        limit = folder / _FILES[version][0]
        if not limit.exists():  # version 2 without the memory controller: nobody above has handed it down
            folder.rmdir()
            continue
        limit.write_text(str(most), encoding="ascii")
        try:
            yield Limit(most, folder, version)
        finally:
            _remove(folder)
        return
    yield Limit(most)


def _parents(top: Path, own: str) -> Iterator[tuple[int, Path]]:
    """The cgroup that we are in, of either version."""
    for line in own.splitlines():
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            yield 1, top / "memory" / path.lstrip("/")
        elif not controllers:
            yield 2, top / path.lstrip("/")


def _remove(folder: Path) -> None:
    """Once its last process is buried."""
    for _ in range(50):
        with contextlib.suppress(OSError):
            folder.rmdir()
            return
        time.sleep(0.1)
