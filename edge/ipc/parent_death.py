"""What a child owes its parent: not to outlive it, and to go first when memory runs out."""

from __future__ import annotations

import contextlib
import ctypes
import signal
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """The kernel kills this process when its parent ends: even a stopped or hung child must not stay behind (prctl(2))."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def first_for_the_oom_killer() -> None:
    """When memory runs out the kernel ends this process, and what it starts, before any that serves photos (proc(5))."""
    with contextlib.suppress(OSError):  # a sandbox may hide the file: then the kernel decides by size
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
