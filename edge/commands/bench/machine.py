"""What a figure was measured on; stands at the head of every report."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from edge.board.facts import board

PACKAGES = ("edge-matting", "numpy", "pillow", "opencv-python-headless", "onnxruntime", "simplejpeg", "isal")


@dataclass(frozen=True, slots=True)
class Machine:
    """board: a Jetson's name; cpu: the model's; cores: those this process may use; ram_mb: in MB (1e6 bytes); load: 1-minute
    load average before the run (far above 0 means that others were working too); versions by package."""

    board: str | None
    cpu: str
    cores: int
    ram_mb: float
    system: str
    python: str
    load: float
    date: str
    versions: dict[str, str]


def machine() -> Machine:
    """This machine, now."""
    on = board()
    return Machine(
        board=on.model if on.unified else None,
        cpu=_cpu(),
        cores=cores(),
        ram_mb=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e6,
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        python=platform.python_version(),
        load=os.getloadavg()[0],
        date=datetime.now().astimezone().isoformat(timespec="seconds"),
        versions={name: found for name in PACKAGES if (found := _version(name))},
    )


def cores() -> int:
    """CPU cores that this process may use."""
    return len(os.sched_getaffinity(0))


def _cpu() -> str:
    text = Path("/proc/cpuinfo").read_text(errors="replace")
    match = re.search(r"^(?:model name|Model|Hardware)\s*:\s*(.+)$", text, re.MULTILINE)
    return match.group(1).strip() if match else platform.machine()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
