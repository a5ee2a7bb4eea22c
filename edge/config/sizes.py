"""Room on a disk, as operators write it: "512 MB", "2 GB", "5 %"."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_UNITS = {"MB": 1e6, "GB": 1e9, "TB": 1e12}


@dataclass(frozen=True, slots=True)
class Room:
    """Room on a disk: a number of bytes, or a share (0..1) of the disk, whichever is less."""

    bytes: float = math.inf
    share: float = 1.0

    def of(self, total: int) -> int:
        """In bytes, on a disk of `total` bytes."""
        return int(min(self.bytes, self.share * total))

    def __str__(self) -> str:
        """As an operator reads it."""
        size, share = f"{self.bytes / 1e6:g} MB", f"{self.share * 100:g} % of the disk"
        if self.share == 1.0:
            return size
        return share if math.isinf(self.bytes) else f"{size}, but at most {share}"


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
