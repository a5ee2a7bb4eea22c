"""Whether the service that wrote a status still works. The file outlives it: nobody deletes it after a kill or a power cut."""

from __future__ import annotations

import os
import time

from edge.monitoring.status import STALE_AFTER, State, Status


def fault(status: Status, now: float, *, alive: bool) -> str:
    """Why the service is not at work, in a sentence; "" if it is.

    now: seconds since 1970; alive: whether a process of its number exists.
    """
    if not alive and status.state is State.STOPPING:
        return f"not running: it was stopped at {_clock(status.updated)}"
    if not alive:
        return f"not running: its process {status.pid} ended without a word, after {_clock(status.updated)}"
    if abs(now - status.updated) > STALE_AFTER:  # ahead: from before a power cut, on a board whose clock forgot the time
        return f"not running, or it hangs: its last report is of {_clock(status.updated)}"
    return ""


def exists(pid: int) -> bool:
    """Whether there is such a process, whoever it belongs to."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _clock(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
