"""Memory of processes, from /proc (Linux only).

PSS shares each page fairly among the processes that map it, so a sum of PSS over a process tree counts nothing twice.
"""

from __future__ import annotations

import re
import threading
from pathlib import Path
from types import TracebackType

MB = 1e6
PROC = Path("/proc")


def tree(pid: int) -> list[int]:
    """`pid` and all its living descendants."""
    found = [pid]
    for parent in found:
        for children in PROC.glob(f"{parent}/task/*/children"):
            found.extend(int(child) for child in _read(children).split())
    return found


def pss_mb(pid: int) -> float:
    """PSS of the process tree under `pid` in MB (1e6 bytes); processes that end meanwhile count 0."""
    return sum(_kilobytes(_read(PROC / str(each) / "smaps_rollup"), "Pss") for each in tree(pid)) * 1024 / MB


def _kilobytes(text: str, key: str) -> int:
    match = re.search(rf"^{key}:\s+(\d+) kB", text, re.MULTILINE)
    return int(match.group(1)) if match else 0


def _read(path: Path) -> str:
    """The text of a /proc file, empty when the process has just ended."""
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


class PeakSampler:
    """Context manager that samples `pss_mb` every `interval` seconds; a peak shorter than that can be missed."""

    def __init__(self, pid: int, interval: float = 0.1) -> None:
        self.peak_mb = 0.0
        self._pid = pid
        self._interval = interval
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="peak-sampler", daemon=True)

    def __enter__(self) -> PeakSampler:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self.peak_mb = max(self.peak_mb, pss_mb(self._pid))
            if self._stop.wait(self._interval):
                return
