"""seccomp (seccomp(2)): system calls that every thread of this process is refused from now on.

For the worker on the CPU and for the HTTP server a list of what is allowed, beside a driver one of what is forbidden. A call
that is refused gets EPERM. One that kernels have only since 5.1 and that is not allowed gets ENOSYS: whoever makes it, such
as a newer C library, must cope with a kernel that lacks it, and falls back.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from enum import Enum

from edge.sandbox import allowed, forbidden, server
from edge.sandbox.checks import Check, Checked, Numbers

SECCOMP: Numbers = (317, 277)
FIRST_OF_5_1 = 424  # from here on a call has the same number on every architecture

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # AUDIT_ARCH_...
_X32 = 0x40000000

_SET_MODE_FILTER, _GET_ACTION_AVAILABLE, _ALL_THREADS = 1, 2, 1
_LOAD, _AND, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
_ALLOW, _KILL_PROCESS, _REFUSE, _ENOSYS = 0x7FFF0000, 0x80000000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS

_LIBC = ctypes.CDLL(None, use_errno=True)


class Role(Enum):
    """Who locks itself in: a worker on the CPU, one beside a driver (a GPU's, PyTorch's), the HTTP server."""

    WORKER = "worker"
    DRIVER = "driver"
    SERVER = "server"


def there() -> bool:
    """Whether the kernel has it, on an architecture whose numbers are known here."""
    machine = platform.machine()
    action = struct.pack("I", 0x00050000)
    return machine in _ARCHITECTURES and _seccomp(machine, _GET_ACTION_AVAILABLE, 0, action) == 0


def restrict(role: Role) -> bool:
    """Refuse what `forbidden` lists beside a driver, else all that the role's list does not allow.

    Returns whether it was done; False leaves all as it was.
    """
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        return False
    program = program_for(machine, os.getpid(), role)
    buffer = ctypes.create_string_buffer(program, len(program))
    described = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    return _seccomp(machine, _SET_MODE_FILTER, _ALL_THREADS, described) == 0


def program_for(machine: str, pid: int, role: Role) -> bytes:
    """The BPF program, 8 bytes an instruction, that sees a call's number, architecture and arguments."""
    column = _column(machine)
    lines = [_line(_LOAD, 4), _line(_EQUAL, _ARCHITECTURES[machine], 1, 0), _line(_RETURN, _KILL_PROCESS), _line(_LOAD, 0)]
    if machine == "x86_64":  # the same calls once more, under other numbers
        lines += [_line(_AT_LEAST, _X32, 0, 1), _line(_RETURN, _REFUSE)]
    if role is Role.DRIVER:
        lines += _but_forbidden(column, pid)
    elif role is Role.SERVER:
        lines += _only(server.ALLOWED, server.checked(pid), column)
    else:
        lines += _only(allowed.ALLOWED, allowed.checked(pid), column)
    return b"".join(lines)


def _only(calls: dict[str, Numbers], checked: Checked, column: int) -> list[bytes]:
    return [
        *_each(calls, column, _ALLOW),
        *_each_checked(checked, column),
        *[_line(_AT_LEAST, FIRST_OF_5_1, 0, 1), _line(_RETURN, _ENOSYS)],
        _line(_RETURN, _REFUSE),
    ]


def _but_forbidden(column: int, pid: int) -> list[bytes]:
    return [
        *_each(forbidden.FORBIDDEN, column, _REFUSE),
        *_each(forbidden.ABSENT, column, _ENOSYS),
        *_each_checked(forbidden.checked(pid), column),
        *[_line(_AT_LEAST, forbidden.NEWEST + 1, 0, 1), _line(_RETURN, _ENOSYS)],
        _line(_RETURN, _ALLOW),
    ]


def _each(calls: dict[str, Numbers], column: int, verdict: int) -> list[bytes]:
    return [line for numbers in calls.values() for line in _when(numbers[column], [_line(_RETURN, verdict)])]


def _each_checked(calls: Checked, column: int) -> list[bytes]:
    lines = []
    for numbers, checks in calls.values():
        body = [line for check in checks for line in _unless(check)]
        lines += _when(numbers[column], [*body, _line(_RETURN, _ALLOW)])
    return lines


def _when(number: int | None, body: list[bytes]) -> list[bytes]:
    """`body` for one system call; it must end in verdicts. Nothing where the architecture has no such call."""
    return [] if number is None else [_line(_EQUAL, number, 0, len(body)), *body]


def _unless(check: Check) -> list[bytes]:
    """Refuse a call that does not meet the check; go on below where it does."""
    last = len(check.values) - 1
    to_refusal, past_it = range(last, -1, -1), range(last + 1, 0, -1)  # as far as a test must jump, from each value's
    if check.refuse:
        tests = [_line(_EQUAL, value, to_refusal[i], int(i == last)) for i, value in enumerate(check.values)]
    else:
        tests = [_line(_EQUAL, value, past_it[i], 0) for i, value in enumerate(check.values)]
    return [_word(check), _line(_AND, check.mask), *tests, _line(_RETURN, _REFUSE)]


def _word(check: Check) -> bytes:
    """Load half an argument; both architectures are little-endian."""
    return _line(_LOAD, 16 + 8 * check.argument + (4 if check.upper else 0))


def _line(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)


def _column(machine: str) -> int:
    return list(_ARCHITECTURES).index(machine)


def _seccomp(machine: str, *arguments: object) -> int:
    return int(_LIBC.syscall(SECCOMP[_column(machine)], *arguments))
