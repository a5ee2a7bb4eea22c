"""Faults that a test puts into the stand-ins, from another process and at any time: a file with a fault and a count a line."""

from __future__ import annotations

import os
from pathlib import Path


def strikes(name: str) -> bool:
    """Whether the fault is to happen now; one of its count is used up."""
    path = Path(os.environ["STANDIN_FAULTS"])
    try:
        left = dict(line.split() for line in path.read_text().splitlines())
    except FileNotFoundError:
        return False
    count = int(left.get(name, 0))
    if count <= 0:
        return False
    left[name] = str(count - 1)
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_text("".join(f"{key} {value}\n" for key, value in left.items()))
    fresh.replace(path)
    return True
