"""How much room the disks must have, and when they have too little. Policy only: fed with figures, does no I/O."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

_UNITS = {"MB": 1e6, "GB": 1e9, "TB": 1e12}
# A disk that was too full counts as such until it has this much more than the reserve, or every photo would tip it again.
_CALM = 1.25


@dataclass(frozen=True, slots=True)
class Room:
    """Room on a disk: a number of bytes, or a share (0..1) of the disk, whichever is less."""

    bytes: float = math.inf
    share: float = 1.0

    def of(self, total: int) -> int:
        """In bytes, on a disk of `total` bytes."""
        return int(min(self.bytes, self.share * total))


@dataclass(frozen=True, slots=True)
class Disk:
    """folder: one of ours that lies on it. total, free: bytes."""

    folder: Path
    total: int
    free: int


DEFAULT_RESERVE = Room(bytes=512e6, share=0.02)


def parse_room(text: str) -> Room:
    """The room that an operator asks for: "512 MB", "2 GB", "5 %".

    Raises:
        ValueError: neither a size nor a share of less than the whole disk.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?) ?(MB|GB|TB|%)", text.strip())
    if match is None:
        raise ValueError(text)
    number, unit = float(match[1]), match[2]
    if unit != "%":
        return Room(bytes=number * _UNITS[unit])
    if number >= 100:
        raise ValueError(text)
    return Room(share=number / 100)


def enough(disk: Disk, reserve: Room) -> int:
    """The bytes that must be free before a disk that was too full is one no more."""
    return int(reserve.of(disk.total) * _CALM)


def nearly_full(disks: Mapping[int, Disk], reserve: Room, before: Collection[int]) -> frozenset[int]:
    """The disks, by their numbers, with too little room. before: those that had until now."""
    return frozenset(
        number
        for number, disk in disks.items()
        if disk.free < (enough(disk, reserve) if number in before else reserve.of(disk.total))
    )
