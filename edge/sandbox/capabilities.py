"""Capabilities (capabilities(7)): what is left of root's powers in a worker that root started by hand."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

_VERSION_3 = 0x20080522
_DAC_READ_SEARCH = 1 << 2
_PR_CAPBSET_DROP, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 24, 47, 4

_LIBC = ctypes.CDLL(None)


def drop(needed: Iterable[Path]) -> None:
    """This thread, and those that it starts, give all up. needed: files and folders that must stay readable.

    Where one of them is not (a Python in a user's home that is closed to others), the power to read stays: Landlock still
    says what. Only root has anything to give up.
    """
    _LIBC.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    for capability in range(64):  # those that this kernel does not have it refuses
        _LIBC.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    permitted = _permitted()
    if permitted:
        _set(0, permitted)
        kept = 0 if all(map(_readable, needed)) else permitted & _DAC_READ_SEARCH
        _set(kept, kept)


def _permitted() -> int:
    header, sets = struct.pack("Ii", _VERSION_3, 0), ctypes.create_string_buffer(24)
    if _LIBC.capget(header, sets) != 0:
        return 0
    words: tuple[int, ...] = struct.unpack("6I", sets.raw)  # effective, permitted, inheritable, lower halves first
    return words[1] | words[4] << 32


def _set(effective: int, permitted: int) -> None:
    halves = [word for shift in (0, 32) for word in (effective >> shift & 0xFFFFFFFF, permitted >> shift & 0xFFFFFFFF, 0)]
    _LIBC.capset(struct.pack("Ii", _VERSION_3, 0), struct.pack("6I", *halves))


def _readable(path: Path) -> bool:
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
    except PermissionError:
        return False
    except OSError:  # not on this machine
        pass
    return True
