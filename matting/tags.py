"""The few tags we want from a TIFF directory: EXIF blocks are TIFF files too.

Libraries that read all tags can be made to allocate gigabytes by tags that overlap, and warn or fail on the
sloppy EXIF that cameras write. This reads the wanted tags alone, each of bounded size, and ignores what is broken.
Source: TIFF 6.0, section 2; EXIF 2.32, section 4.6.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, ORIENTATION, SAMPLES = 256, 257, 258, 259, 262, 274, 277
SUBFILE, OLD_SUBFILE, MAKE, SUB_DIRECTORIES, DNG_VERSION = 254, 255, 271, 330, 50706
STRIP_OFFSETS, STRIP_COUNTS, TILE_OFFSETS, TILE_COUNTS = 273, 279, 324, 325
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 282, 283, 296
TILE_WIDTH, TILE_HEIGHT, EXTRA_SAMPLES, ICC_PROFILE = 322, 323, 338, 34675

_ENTRY = 12
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_CODES = {1: "B", 3: "H", 4: "I", 13: "I"}
_RATIONAL = 5
_MOST_VALUES = 8  # of a tag that describes the picture
_MOST_DIRECTORIES, _MOST_ENTRIES = 32, 500  # read besides the first; a camera's raw file has up to 10 of up to 100
_INCH, _CENTIMETRE = 2, 3


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory of a TIFF structure. entries: tag -> (type, count, offset of its values in `data`).

    claimed: bytes that all the tags together say to hold; an honest file claims no more than its own length.
    whole: the directory, and the values of all its tags, lie within `data`. next: offset of the next directory, 0: none.
    """

    data: bytes
    order: str
    entries: dict[int, tuple[int, int, int]]
    claimed: int
    whole: bool
    next: int = 0

    def numbers(self, tag: int, most: int = _MOST_VALUES) -> tuple[float, ...]:
        """The tag's values (a rational as its quotient); empty when it is absent, broken or has more than `most`."""
        kind, count, at = self.entries.get(tag, (0, 0, 0))
        code = "II" if kind == _RATIONAL else _CODES.get(kind)
        if code is None or count > most or at + count * _SIZES[kind] > len(self.data):
            return ()
        values = struct.unpack_from(self.order + code * count, self.data, at)
        if kind != _RATIONAL:
            return values
        return tuple(a / b if b else math.nan for a, b in zip(values[::2], values[1::2], strict=True))

    def integer(self, tag: int, default: int) -> int:
        """The tag's first value as a whole number, or `default`."""
        values = self.numbers(tag)
        return int(values[0]) if values and math.isfinite(values[0]) else default

    def block(self, tag: int, most: int) -> bytes | None:
        """The tag's raw bytes, None when it is absent, broken or longer than `most` bytes."""
        kind, count, at = self.entries.get(tag, (0, 0, 0))
        length = count * _SIZES.get(kind, 0)
        return self.data[at : at + length] if 0 < length <= most and at + length <= len(self.data) else None

    def orientation(self) -> int:
        """EXIF orientation, 1..8; 1 (upright) when it is absent or nonsense."""
        value = self.integer(ORIENTATION, 1)
        return value if 1 <= value <= 8 else 1

    def upright(self) -> bytes:
        """`data` with its orientation set to 1: some versions of Pillow turn a TIFF themselves, some do not."""
        kind, _, at = self.entries.get(ORIENTATION, (0, 0, 0))
        if self.orientation() == 1 or kind not in _CODES:
            return self.data
        return b"".join((self.data[:at], struct.pack(self.order + _CODES[kind], 1), self.data[at + _SIZES[kind] :]))

    def dpi(self) -> tuple[float, float] | None:
        """Resolution (x, y) in dots per inch, None when it is absent or in no unit."""
        x, y = self.numbers(X_RESOLUTION)[:1], self.numbers(Y_RESOLUTION)[:1]
        scale = {_INCH: 1.0, _CENTIMETRE: 2.54}.get(self.integer(RESOLUTION_UNIT, _INCH))
        return sane_dpi(x[0] * scale, y[0] * scale) if x and y and scale else None


def read_directory(data: bytes, start: int | None = None, most: int = 65_535) -> Directory | None:
    """A directory of `data` (a TIFF file, or an EXIF block without its "Exif" mark), None if there is none.

    start: its offset; None: the first. most: entries that are read.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None or len(data) < 8:
        return None
    if start is None:
        (start,) = struct.unpack_from(order + "I", data, 4)
    if start + 2 > len(data):
        return None
    (count,) = struct.unpack_from(order + "H", data, start)
    entries: dict[int, tuple[int, int, int]] = {}
    claimed, reach = 0, start + 2 + count * _ENTRY
    following = struct.unpack_from(order + "I", data, reach)[0] if reach + 4 <= len(data) else 0
    for at in range(start + 2, min(start + 2 + min(count, most) * _ENTRY, len(data) - _ENTRY + 1), _ENTRY):
        tag, kind, values = struct.unpack_from(order + "HHI", data, at)
        length = values * _SIZES.get(kind, 0)
        claimed += length
        offset = at + 8 if length <= 4 else struct.unpack_from(order + "I", data, at + 8)[0]
        reach = max(reach, offset + length)
        entries.setdefault(tag, (kind, values, offset))
    return Directory(data, order, entries, claimed, reach <= len(data), following)


def other_directories(first: Directory) -> Iterator[tuple[Directory, bool]]:
    """The further pages of a TIFF and the sub-directories of all (that flag: True); bounded, damaged ones left out."""
    wanted, seen = _following(first), set[int]()
    while wanted and len(seen) < _MOST_DIRECTORIES:
        start, below = wanted.pop(0)
        if start in seen:
            continue
        seen.add(start)
        if directory := read_directory(first.data, start, _MOST_ENTRIES):
            yield directory, below
            wanted += [(at, below or deeper) for at, deeper in _following(directory)]


def _following(directory: Directory) -> list[tuple[int, bool]]:
    """(offset, is a sub-directory) of the directories that this one names."""
    below = [(int(at), True) for at in directory.numbers(SUB_DIRECTORIES, _MOST_DIRECTORIES)]
    return below + ([(directory.next, False)] if directory.next else [])


def sane_dpi(x: float, y: float) -> tuple[float, float] | None:
    """(x, y) if both are resolutions that a printer could mean, else None; 0, nan and inf are written by real software."""
    return (x, y) if 1 <= x <= 100_000 and 1 <= y <= 100_000 else None
