"""A machine for the filters of `seccomp`, so that those of every architecture can be asked here."""

from __future__ import annotations

import errno
import struct

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_LOAD, _AND, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
_VERDICTS = {0x7FFF0000: "allowed", 0x80000000: "killed", 0x50000 | errno.EPERM: "EPERM", 0x50000 | errno.ENOSYS: "ENOSYS"}


def verdict(program: bytes, machine: str, number: int, *arguments: int) -> str:
    """What the filter says of one system call: allowed, EPERM, ENOSYS or killed. arguments: taken as 64 bits each."""
    words = [each & 0xFFFFFFFFFFFFFFFF for each in (*arguments, *[0] * 6)][:6]
    data = struct.pack("<IIQ6Q", number, ARCHITECTURES[machine], 0, *words)
    lines = list(struct.iter_unpack("<HBBI", program))
    at = held = 0
    while True:
        code, if_true, if_false, value = lines[at]
        at += 1
        if code == _LOAD:
            (held,) = struct.unpack_from("<I", data, value)
        elif code == _AND:
            held &= value
        elif code == _RETURN:
            return _VERDICTS[value]
        else:
            assert code in (_EQUAL, _AT_LEAST)
            at += if_true if (held == value if code == _EQUAL else held >= value) else if_false
