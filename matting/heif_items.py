"""The items of a HEIC file, and how many pixels decoding the one that is shown takes.

A picture may be derived from others: a grid of tiles, an overlay, each of any size and named as often as the file likes,
and a crop shows one pixel of a huge picture. The size that libheif tells beforehand is the last one only, so the
work is counted here from the sizes of all items that take part, which libheif holds the coded pictures to.
Source: ISO/IEC 14496-12, 8.11 (meta, iref, iprp); ISO/IEC 23008-12, 6.5.3 (ispe), 6.6.2 (derived images).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from matting.errors import UnreadablePhoto

_MOST_BOXES = 50_000  # side by side; a photo of a phone has about 60 items and 200 properties
_MOST_BYTES = 1 << 20  # of the references, and of the properties; a phone's have 5 KB
_MOST_DEPTH = 8  # of derived pictures; a phone's grid has 1


@dataclass(frozen=True, slots=True)
class Items:
    """primary: the item that is shown. areas: item -> pixels, before crops. made_of: item -> what it is derived from, with
    repeats. helpers: item -> its alpha, depth and gain maps; at most one, the alpha, is decoded with it."""

    primary: int
    areas: dict[int, int] = field(default_factory=dict)
    made_of: dict[int, list[int]] = field(default_factory=dict)
    helpers: dict[int, list[int]] = field(default_factory=dict)

    def work(self) -> int:
        """Pixels that are decoded to show the primary item. Raises UnreadablePhoto: derived of itself."""
        return self._work(self.primary, _MOST_DEPTH, {})

    def _work(self, item: int, depth: int, known: dict[int, int]) -> int:
        if depth == 0:
            raise _damaged()
        if item not in known:
            parts = sum(self._work(part, depth - 1, known) for part in self.made_of.get(item, []))
            helper = max((self._work(helper, depth - 1, known) for helper in self.helpers.get(item, [])), default=0)
            known[item] = self.areas.get(item, 0) + parts + helper
        return known[item]


def read_items(data: bytes) -> Items:
    """The items of a HEIC file.

    Raises:
        UnreadablePhoto: broken boxes, or two of a kind of which there is one: the decoder might take the other.
    """
    try:
        meta = _single(data, 0, len(data))[b"meta"]
        boxes = _single(data, meta[0] + 4, meta[1])
        version, at = _version(data, boxes[b"pitm"])
        items = Items(int.from_bytes(data[at : at + (4 if version else 2)], "big"))
        if b"iref" in boxes:
            _references(data, boxes[b"iref"], items)
        _areas(data, boxes[b"iprp"], items)
    except (KeyError, IndexError, struct.error) as error:
        raise _damaged() from error
    return items


def _references(data: bytes, box: tuple[int, int], items: Items) -> None:
    version, at = _version(data, box)
    code, size = (">I", 4) if version else (">H", 2)
    for kind, start, end in boxes(data, at, box[1]):
        (source,) = struct.unpack_from(code, data, start)
        (count,) = struct.unpack_from(">H", data, start + size)
        if start + size + 2 + count * size > end:
            raise _damaged()
        targets = struct.unpack_from(f">{count}{code[1]}", data, start + size + 2)
        if kind == b"dimg":
            items.made_of.setdefault(source, []).extend(targets)
        elif kind == b"auxl":
            for target in targets:
                items.helpers.setdefault(target, []).append(source)


def _areas(data: bytes, box: tuple[int, int], items: Items) -> None:
    """The area of each item: of its ispe property, the largest where it has several."""
    inside = list(boxes(data, *box))
    properties = [found for kind, *span in inside if kind == b"ipco" for found in boxes(data, *span)]
    areas = [
        struct.unpack_from(">I", data, start + 4)[0] * struct.unpack_from(">I", data, start + 8)[0] if kind == b"ispe" else 0
        for kind, start, _ in properties
    ]
    for kind, start, end in inside:
        for item, index in _associations(data, (start, end)) if kind == b"ipma" else ():
            area = areas[index - 1] if 0 < index <= len(areas) else 0
            items.areas[item] = max(area, items.areas.get(item, 0))


def _associations(data: bytes, box: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """(item, number of its property from 1)."""
    version, at = _version(data, box)
    item_code, wide = (">I" if version else ">H"), data[at - 1] & 1
    (count,) = struct.unpack_from(">I", data, at)
    at += 4
    for _ in range(min(count, _MOST_BOXES)):
        (item,) = struct.unpack_from(item_code, data, at)
        at += struct.calcsize(item_code)
        for index in range(data[at]):
            (number,) = struct.unpack_from(">H" if wide else ">B", data, at + 1 + (1 + wide) * index)
            yield item, number & (0x7FFF if wide else 0x7F)
        at += 1 + (1 + wide) * data[at]


def _single(data: bytes, start: int, end: int) -> dict[bytes, tuple[int, int]]:
    found: dict[bytes, tuple[int, int]] = {}
    for kind, *span in boxes(data, start, end):
        if kind in found and kind in (b"meta", b"pitm", b"iref", b"iprp"):
            raise _damaged()
        if kind in (b"iref", b"iprp") and span[1] - span[0] > _MOST_BYTES:
            raise _damaged()
        found[kind] = (span[0], span[1])
    return found


def boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(type, start, end) of the bodies of the boxes between two offsets."""
    for _ in range(_MOST_BOXES):
        if start >= end:
            return
        size, kind = struct.unpack_from(">I4s", data, start)
        head = 16 if size == 1 else 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, start + 8)
        stop = start + size if size else end  # 0: to the end
        if not start + head <= stop <= end:
            raise _damaged()
        yield kind, start + head, stop
        start = stop
    raise _damaged()


def _version(data: bytes, box: tuple[int, int]) -> tuple[int, int]:
    """(version, offset behind the version and flags) of a full box."""
    return data[box[0]], box[0] + 4


def _damaged() -> UnreadablePhoto:
    return UnreadablePhoto("the HEIC is damaged, or made to do harm: copy the file again")
