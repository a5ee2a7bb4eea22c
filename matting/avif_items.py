"""The coded pictures of an AVIF file, and the most pixels that a decoder makes of each.

The size that the container tells need not be that of the coded picture: a decoder makes all its pixels, and shrinks them then.
So the sequence header of each is read: where its frames are bound to its size, that counts, else what its frames could say.
Source: ISO/IEC 14496-12, 8.11.3 (iloc); AV1 Bitstream and Decoding Process Specification, 5.3 to 5.5 and 5.9.5 (frame_size).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace

from matting.errors import UnreadablePhoto
from matting.heif_items import Items, boxes, read_items

_SEQUENCE = 1  # of the open bitstream units
_MOST_UNITS = 10_000
_MOST_ITEMS = 5_000


def avif_items(data: bytes) -> Items:
    """The items of an AVIF file; areas: the larger of what container and coded picture say.

    Raises:
        UnreadablePhoto: damaged, or put together in a way that no photo is.
    """
    try:
        items = read_items(data)
        areas = dict(items.areas)
        for item, coded in _coded(data):
            areas[item] = max(areas.get(item, 0), coded_area(coded))
        return replace(items, areas=areas)
    except (KeyError, IndexError, ValueError, struct.error, UnreadablePhoto) as error:
        raise UnreadablePhoto("the AVIF is damaged, or made to do harm: copy the file again") from error


def coded_area(coded: bytes) -> int:
    """The most pixels of a frame that this AV1 stream can make a decoder hold; 0 for other data."""
    at, most = 0, 0
    for _ in range(_MOST_UNITS):
        if at >= len(coded):
            return most
        head = coded[at]
        at += 2 if head & 4 else 1  # with an extension
        length = len(coded) - at
        if head & 2:
            length, at = _leb128(coded, at)
        if head >> 3 & 15 == _SEQUENCE:
            most = max(most, _sequence_area(_Bits(coded[at : at + length])))
        at += length
    raise ValueError("units without end")


class _Bits:
    """Reads whole numbers of so many bits; zeros follow the end."""

    def __init__(self, data: bytes) -> None:
        self._value, self._left = int.from_bytes(data[:200], "big"), min(len(data), 200) * 8

    def __call__(self, count: int) -> int:
        self._left -= count
        shifted = self._value >> self._left if self._left >= 0 else self._value << -self._left
        return shifted & ((1 << count) - 1)


def _sequence_area(bits: _Bits) -> int:
    bits(4)  # profile, still picture
    reduced = bits(1)
    if reduced:
        bits(5)
    else:
        _operating_points(bits)
    across, down = bits(4) + 1, bits(4) + 1
    width, height = bits(across) + 1, bits(down) + 1
    return width * height if reduced else 1 << (across + down)  # else a frame may give a size of its own, of as many bits


def _operating_points(bits: _Bits) -> None:
    model = delay = 0
    if bits(1):  # timing
        bits(64)
        if bits(1):
            zeros = next((count for count in range(33) if bits(1)), 32)
            bits(zeros if zeros < 32 else 0)
        model = bits(1)
        if model:
            delay = bits(5) + 1
            bits(42)
    display = bits(1)
    for _ in range(bits(5) + 1):
        bits(12)
        if bits(5) > 7:
            bits(1)
        if model and bits(1):
            bits(2 * delay + 1)
        if display and bits(1):
            bits(4)


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    """A number of up to 8 bytes of 7 bits, and the offset behind it."""
    value = 0
    for index in range(8):
        value |= (data[at + index] & 127) << 7 * index
        if not data[at + index] & 128:
            return value, at + index + 1
    raise ValueError("a length without end")


def _coded(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(item, its bytes) of all items. Raises ValueError for more bytes than the file has."""
    top = {kind: span for kind, *span in boxes(data, 0, len(data))}
    meta = {kind: span for kind, *span in boxes(data, top[b"meta"][0] + 4, top[b"meta"][1])}
    start = meta[b"iloc"][0]
    version, at = data[start], start + 4
    (sizes,) = struct.unpack_from(">H", data, at)
    offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    count, at = _number(data, at + 2, 4 if version == 2 else 2)
    room = len(data)
    for _ in range(min(count, _MOST_ITEMS)):
        item, at = _number(data, at, 4 if version == 2 else 2)
        method = 0
        if version:
            method, at = _number(data, at, 2)
        if method & 15 > 1:
            raise ValueError("made of other items' bytes")
        origin, at = _number(data, at + 2, base)
        if method & 15:
            origin += meta[b"idat"][0]
        extents, at = _number(data, at, 2)
        parts = []
        for _ in range(extents):
            first, at = _number(data, at + (index if version else 0), offset)
            size, at = _number(data, at, length)
            part = data[origin + first : origin + first + size if size else len(data)]
            room -= len(part)
            if room < 0:
                raise ValueError("more bytes than there are")
            parts.append(part)
        yield item, b"".join(parts)


def _number(data: bytes, at: int, size: int) -> tuple[int, int]:
    if at + size > len(data):
        raise IndexError
    return int.from_bytes(data[at : at + size], "big"), at + size
