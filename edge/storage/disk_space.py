"""How much room the disks must have, and when they have too little. Policy only: fed with figures, does no I/O."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from edge.config.sizes import Room

# A disk that was too full counts as such until it has this much more than the reserve, or every photo would tip it again.
_CALM = 1.25


@dataclass(frozen=True, slots=True)
class Disk:
    """folder: one of ours that lies on it. total, free: bytes."""

    folder: Path
    total: int
    free: int


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
