"""Why an address cannot be listened on, for people."""

from __future__ import annotations

import errno
import os

from edge.config.http import written


def unserved(address: tuple[str, int], error: OSError) -> str:
    """With the address, and what to do where there is something to do."""
    why = os.strerror(error.errno) if error.errno else str(error)  # its own text repeats the address
    return f"{written(address)} cannot be served: {why}{_hint(error)}"


def _hint(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "; end what uses it, or choose another port"
    sandboxed = error.errno in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)
    return "; the unit has no network until drop-ins/network.conf is installed" if sandboxed else ""
