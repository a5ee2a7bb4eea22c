"""What a filter can look at of a system call: its number and, one 32-bit word at a time, its arguments."""

from __future__ import annotations

from dataclasses import dataclass

# A call's number on x86-64 and aarch64, from the kernel's asm/unistd.h. None: that architecture never had it.
Numbers = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class Check:
    """A condition on one argument: what `mask` leaves of it is one of `values`; with `refuse`, is none of them.

    argument: 0 to 5. upper: its upper half, which only pointers use; flags, commands and process ids need no more than the
    lower one.
    """

    argument: int
    values: tuple[int, ...]
    mask: int = 0xFFFFFFFF
    refuse: bool = False
    upper: bool = False


def has(argument: int, bits: int) -> Check:
    """All of these bits are set."""
    return Check(argument, (bits,), bits)


def lacks(argument: int, bits: int) -> Check:
    """None of these bits is set."""
    return Check(argument, (0,), bits)


# A call, and all that must hold of its arguments; it gets EPERM where one does not.
Checked = dict[str, tuple[Numbers, tuple[Check, ...]]]
