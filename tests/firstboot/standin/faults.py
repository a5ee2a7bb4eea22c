"""Faults that a test puts into the stand-ins, from another process and at any time: a file with a fault and a count a line.

It is opened when a stand-in is imported: once the worker has locked itself in, it opens no file.
Nothing locks it, which the worker may not either: a test injects while no fault is left.
"""

from __future__ import annotations

import os

_FILE = os.open(os.environ["STANDIN_FAULTS"], os.O_RDWR | os.O_CLOEXEC)


def strikes(name: str) -> bool:
    """Whether the fault is to happen now; one of its count is used up."""
    left = dict(line.split() for line in os.pread(_FILE, 4096, 0).decode().splitlines())
    count = int(left.get(name, 0))
    if count <= 0:
        return False
    left[name] = str(count - 1)
    os.ftruncate(_FILE, 0)
    os.pwrite(_FILE, "".join(f"{key} {value}\n" for key, value in left.items()).encode(), 0)
    return True
