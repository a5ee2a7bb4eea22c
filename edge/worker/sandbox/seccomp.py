"""seccomp (seccomp(2)): system calls that every thread of this process is refused from now on.

A list of what is forbidden, since the unit's own filter is a list of what is allowed, and since a call that a new C library
comes to make must not end the service.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

from edge.worker.sandbox.calls import ABSENT, FORBIDDEN, SECCOMP, WATCHED

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # AUDIT_ARCH_...
_X32 = 0x40000000

_SET_MODE_FILTER, _GET_ACTION_AVAILABLE, _ALL_THREADS = 1, 2, 1
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL_PROCESS, _REFUSE, _ENOSYS = 0x7FFF0000, 0x80000000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS

_CLONE_THREAD = 0x00010000
_O_TMPFILE = 0o20000000  # the bit that O_TMPFILE has beside O_DIRECTORY
_CREATING = os.O_CREAT | os.O_TRUNC | _O_TMPFILE
_TYPES_INTO_A_TERMINAL = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX
_SIGNALS_ANOTHER = {"ioctl": (0x8901, 0x8902), "fcntl": (8, 15)}  # FIOSETOWN, SIOCSPGRP; F_SETOWN, F_SETOWN_EX

_LIBC = ctypes.CDLL(None, use_errno=True)


def there() -> bool:
    """Whether the kernel has it, on an architecture whose numbers are known here."""
    machine = platform.machine()
    action = struct.pack("I", 0x00050000)
    return machine in _ARCHITECTURES and _seccomp(machine, _GET_ACTION_AVAILABLE, 0, action) == 0


def forbid(*, opening_for_writing: bool) -> bool:
    """Refuse, with EPERM, all that `calls` lists. opening_for_writing: that too; else only what creates or empties a file.

    Returns whether it was done; False leaves all as it was.
    """
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        return False
    program = program_for(machine, os.getpid(), opening_for_writing=opening_for_writing)
    buffer = ctypes.create_string_buffer(program, len(program))
    described = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    return _seccomp(machine, _SET_MODE_FILTER, _ALL_THREADS, described) == 0


def program_for(machine: str, pid: int, *, opening_for_writing: bool) -> bytes:
    """The BPF program, 8 bytes an instruction, that sees a call's number, architecture and arguments."""
    column = _column(machine)
    lines = [_line(_LOAD, 4), _line(_EQUAL, _ARCHITECTURES[machine], 1, 0), _line(_RETURN, _KILL_PROCESS), _line(_LOAD, 0)]
    if machine == "x86_64":  # the same calls once more, under other numbers
        lines += [_line(_AT_LEAST, _X32, 0, 1), _line(_RETURN, _REFUSE)]
    for verdict, calls in ((_REFUSE, FORBIDDEN), (_ENOSYS, ABSENT)):
        for numbers in calls.values():
            lines += _when(numbers[column], [_line(_RETURN, verdict)])
    changing = _CREATING | (os.O_ACCMODE if opening_for_writing else 0)
    for name, body in _bodies(pid, changing).items():
        lines += _when(WATCHED[name][column], body)
    return b"".join([*lines, _line(_RETURN, _ALLOW)])


def _bodies(pid: int, changing: int) -> dict[str, list[bytes]]:
    """What decides on the calls of WATCHED."""
    own = [_argument(0), _line(_EQUAL, pid, 1, 0), *_refuse_or_allow()]
    return {
        "clone": [_argument(0), _line(_ANY_BIT, _CLONE_THREAD, 1, 0), *_refuse_or_allow()],
        "open": [_argument(1), _line(_ANY_BIT, changing, 0, 1), *_refuse_or_allow()],
        "openat": [_argument(2), _line(_ANY_BIT, changing, 0, 1), *_refuse_or_allow()],
        "kill": own,
        "tgkill": own,
        "prlimit64": [_argument(0), _line(_EQUAL, 0, 2, 0), *own[1:]],
        "ioctl": _refused_values(1, (*_TYPES_INTO_A_TERMINAL, *_SIGNALS_ANOTHER["ioctl"])),
        "fcntl": _refused_values(1, _SIGNALS_ANOTHER["fcntl"]),
    }


def _refused_values(index: int, values: tuple[int, ...]) -> list[bytes]:
    tests = [_line(_EQUAL, value, len(values) - index, 0) for index, value in enumerate(values)]
    return [_argument(index), *tests, _line(_RETURN, _ALLOW), _line(_RETURN, _REFUSE)]


def _when(number: int | None, body: list[bytes]) -> list[bytes]:
    """`body` for one system call; it must end in verdicts. Nothing where the architecture has no such call."""
    return [] if number is None else [_line(_EQUAL, number, 0, len(body)), *body]


def _refuse_or_allow() -> list[bytes]:
    """What a jump of 0 and of 1 from just before leads to."""
    return [_line(_RETURN, _REFUSE), _line(_RETURN, _ALLOW)]


def _argument(index: int) -> bytes:
    """Load an argument's lower half: flags and process ids need no more, and both architectures are little-endian."""
    return _line(_LOAD, 16 + 8 * index)


def _line(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)


def _column(machine: str) -> int:
    return list(_ARCHITECTURES).index(machine)


def _seccomp(machine: str, *arguments: object) -> int:
    return int(_LIBC.syscall(SECCOMP[_column(machine)], *arguments))
