"""What a child owes its parent: to listen, not to outlive it, and to go first when memory runs out."""

from __future__ import annotations

import contextlib
import ctypes
import signal
import socket
import sys
from pathlib import Path

from edge.ipc.channel import Channel
from edge.ipc.messages import Decoder

_PR_SET_PDEATHSIG = 1


def parent_channel(decoder: Decoder) -> Channel:
    """The channel to the parent, by the descriptor that `edge.ipc.child` put on the command line.

    A terminal's Ctrl-C and the service manager's SIGTERM reach the whole group; when to stop is the parent's to decide.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    die_with_parent()
    return Channel(socket.socket(fileno=int(sys.argv[1])), decoder, takes_files=True)


def die_with_parent() -> None:
    """The kernel kills this process when its parent ends: even a stopped or hung child must not stay behind (prctl(2))."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def raise_oom_score() -> None:
    """When memory runs out the kernel ends this process, and what it starts, before any that serves photos (proc(5))."""
    with contextlib.suppress(OSError):  # a sandbox may hide the file: then the kernel decides by size
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
