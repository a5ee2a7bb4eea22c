"""Landlock (landlock(7), Linux 5.13): files that this process cannot reach any more, whoever owns them."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_ASK_VERSION, _PATH_BENEATH = 1, 1
_WRITE_FILE, _READ_FILE, _READ_DIR, _REFER, _TRUNCATE = 1 << 1, 1 << 2, 1 << 3, 1 << 13, 1 << 14
_FIRST_RIGHTS = (1 << 13) - 1
_READING = _READ_FILE | _READ_DIR
_OF_FILES = _WRITE_FILE | _READ_FILE | _TRUNCATE

_LIBC = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """Of the interface; 0 where the kernel has none, or was started without it."""
    return max(0, int(_LIBC.syscall(_CREATE_RULESET, None, 0, _ASK_VERSION)))


def confine(readable: Iterable[Path] | None, writable: Iterable[Path]) -> bool:
    """From now on this thread, and those that it starts, can only reach what is named; files that are open stay open.

    readable: files and folders to be read; None: reading stays free. writable: those in which all is allowed.
    Paths that do not exist are passed over. Returns whether the kernel did it. May be called again: each call takes away.
    """
    handled = _rights() & ~(_READING if readable is None else 0)
    rules = int(_LIBC.syscall(_CREATE_RULESET, struct.pack("Q", handled), 8, 0)) if handled else -1
    if rules < 0:
        return False
    try:
        granted = [(path, _READING & handled) for path in readable or ()] + [(path, handled) for path in writable]
        for path, rights in granted:
            _allow(rules, path, rights)
        return int(_LIBC.syscall(_RESTRICT_SELF, rules, 0)) == 0
    finally:
        os.close(rules)


def _rights() -> int:
    """All that this kernel can take away, of what concerns the file tree; 0: nothing."""
    known = version()
    if known == 0:
        return 0
    return _FIRST_RIGHTS | (_REFER if known >= 2 else 0) | (_TRUNCATE if known >= 3 else 0)


def _allow(rules: int, path: Path, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # not on this machine
        return
    try:
        granted = rights if path.is_dir() else rights & _OF_FILES
        _LIBC.syscall(_ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", granted, descriptor), 0)
    finally:
        os.close(descriptor)
