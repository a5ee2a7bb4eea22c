"""TIFF files written by hand: any directories, chained or below one another, in either byte order."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

_CODES = {1: "B", 2: "s", 3: "H", 4: "I", 5: "I"}
SUB_DIRECTORIES = 330


@dataclass
class Page:
    """tags: tag -> (type, values); bytes for type 2. strips: its pixel data, one strip each. below: its sub-directories."""

    tags: dict[int, tuple[int, list[int] | bytes]] = field(default_factory=dict)
    strips: list[bytes] = field(default_factory=list)
    below: list[Page] = field(default_factory=list)


def rgb_page(height: int, width: int, **tags: int) -> Page:
    """A page of grey RGB pixels; tags: subfile, and what else is to be said of it."""
    return Page(_described(height, width, 3, 2, tags), [bytes([119]) * (height * width * 3)])


def sensor_page(height: int, width: int, **tags: int) -> Page:
    """A page of a sensor's own samples, 8 bits each, under a colour filter array."""
    return Page(_described(height, width, 1, 32803, tags), [bytes(height * width)])


def dng_file(jpeg: bytes, size: tuple[int, int], sensor: tuple[int, int], order: str = "<", orientation: int = 1) -> bytes:
    """A camera's DNG: a thumbnail, below it samples and JPEG. size: of the JPEG, sensor: of the samples, (height, width)."""
    samples = sensor_page(*sensor)
    samples.tags |= {258: (3, [16]), 33421: (3, [2, 2]), 33422: (1, [0, 1, 1, 2]), 254: (4, [0])}
    samples.strips = [bytes(sensor[0] * sensor[1] * 2)]
    picture = Page({254: (4, [1]), 256: (4, [size[1]]), 257: (4, [size[0]]), 258: (3, [8, 8, 8]), 259: (3, [7]), 262: (3, [6]),
                    277: (3, [3]), 278: (4, [size[0]])}, [jpeg])  # fmt: skip
    first = rgb_page(30, 40, subfile=1)
    first.tags |= {
        271: (2, b"Leica Camera AG\0"), 272: (2, b"M8\0"), 274: (3, [orientation]), 33432: (2, b"Nobody\0"),
        50706: (1, [1, 1, 0, 0]), 50708: (2, b"M8 Digital Camera\0"), 282: (5, [300, 1]), 283: (5, [300, 1]), 296: (3, [2]),
    }  # fmt: skip
    first.below = [samples, picture]
    return tiff_file([first], order)


def _described(
    height: int, width: int, samples: int, photometric: int, more: dict[str, int]
) -> dict[int, tuple[int, list[int] | bytes]]:
    names = {"subfile": 254, "old_subfile": 255, "compression": 259, "photometric": 262}
    return {
        256: (4, [width]), 257: (4, [height]), 258: (3, [8] * samples), 259: (3, [1]), 262: (3, [photometric]),
        277: (3, [samples]), 278: (4, [height]), **{names[name]: (4, [value]) for name, value in more.items()},
    }  # fmt: skip


def tiff_file(pages: list[Page], order: str = "<", magic: bytes = b"") -> bytes:
    """The file; magic: bytes that follow its 8-byte header."""
    out = bytearray((b"II*\0" if order == "<" else b"MM\0*") + bytes(4) + magic)
    _write(out, pages, 4, order)
    return bytes(out)


def _write(out: bytearray, pages: list[Page], link: int, order: str) -> None:
    """Append the pages; the offset of each is put at the link that the one before leaves."""
    for page in pages:
        tags = dict(page.tags)
        if page.strips:
            tags[273] = (4, [_append(out, strip) for strip in page.strips])
            tags[279] = (4, [len(strip) for strip in page.strips])
        if page.below:
            tags[SUB_DIRECTORIES] = (4, [_sub_directory(out, below, order) for below in page.below])
        values = {tag: _packed(out, *tags[tag], order) for tag in sorted(tags)}
        start = _append(out, struct.pack(order + "H", len(values)) + b"".join(
            struct.pack(order + "HH", tag, tags[tag][0]) + value for tag, value in values.items()
        ) + bytes(4))  # fmt: skip
        struct.pack_into(order + "I", out, link, start)
        link = len(out) - 4


def _sub_directory(out: bytearray, page: Page, order: str) -> int:
    link = _append(out, bytes(4))
    _write(out, [page], link, order)
    return int(struct.unpack_from(order + "I", out, link)[0])


def _packed(out: bytearray, kind: int, values: list[int] | bytes, order: str) -> bytes:
    """Count, and the values themselves where they fit into 4 bytes, else their offset."""
    body = values if isinstance(values, bytes) else struct.pack(f"{order}{len(values)}{_CODES[kind]}", *values)
    place = body.ljust(4, b"\0") if len(body) <= 4 else struct.pack(order + "I", _append(out, body))
    return struct.pack(order + "I", len(values) // (2 if kind == 5 else 1)) + place


def _append(out: bytearray, data: bytes) -> int:
    out += bytes(len(out) % 2)
    at = len(out)
    out += data
    return at
