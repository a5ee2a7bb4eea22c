"""Bad picture files, made on the spot: each function gives the bytes of one, `write_all` puts every one into a folder."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def picture(height: int = 96, width: int = 128, channels: int = 3) -> np.ndarray:
    """HxWx`channels` uint8 with smooth areas and texture, the same each time."""
    rows, columns = np.mgrid[:height, :width]
    waves = [128 + 100 * np.sin(rows / (7 + i) + columns / (11 - i)) for i in range(channels)]
    noise = np.random.default_rng(7).normal(0, 6, (height, width, channels))
    return np.clip(np.dstack(waves) + noise, 0, 255).astype(np.uint8)


def saved(image: Image.Image | np.ndarray, format: str, **options: object) -> bytes:
    """The bytes that Pillow writes."""
    out = BytesIO()
    (Image.fromarray(image) if isinstance(image, np.ndarray) else image).save(out, format, **options)
    return out.getvalue()


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, bits: int, colour: int, rows: bytes, extra: bytes = b"") -> bytes:
    """A PNG of the given header; rows: filter bytes and samples, not compressed; extra: chunks after the header."""
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    return PNG_MAGIC + head + extra + png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")


def tiff(tags: list[tuple[int, int, int, int]], tail: bytes = b"") -> bytes:
    """A little-endian TIFF of one directory; tags: (tag, type, count, value or offset)."""
    entries = b"".join(struct.pack("<HHII", *tag) for tag in sorted(tags))
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + b"\0\0\0\0" + tail


def png_bomb(side: int = 50_000) -> bytes:
    """7.5 GB of pixels in a few KB."""
    return png(side, side, 8, 2, b"\0" * 1_000_000)


def jpeg_bomb() -> bytes:
    """A whole small JPEG whose frame says 65,000 x 65,000."""
    data = bytearray(saved(picture(), "JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", 65_000, 65_000)
    return bytes(data)


def webp_bomb() -> bytes:
    """An extended WebP whose canvas is 16,383 x 16,383."""
    canvas = (16_382).to_bytes(3, "little") * 2
    frame = saved(picture(), "WEBP")[12:]
    body = b"WEBPVP8X" + struct.pack("<II", 10, 0) + canvas + frame
    return b"RIFF" + struct.pack("<I", len(body)) + body


def tiff_bomb() -> bytes:
    """200,000 x 200,000 pixels in one strip of 8 bytes."""
    tags = [(256, 4, 1, 200_000), (257, 4, 1, 200_000), (258, 3, 1, 8), (262, 3, 1, 1), (273, 4, 1, 8), (279, 4, 1, 8)]
    return tiff(tags)


def tiff_overlapping_tags() -> bytes:
    """30,000 tags that all point at the same MB: 30 GB for a reader that copies each."""
    size = [(256, 3, 1, 8), (257, 3, 1, 8)]
    return tiff(size + [(40_000 - i, 7, 1_000_000, 400_000) for i in range(30_000)], b"\0" * 1_200_000)


def tiff_huge_tile() -> bytes:
    """An 8 x 8 picture in one tile of 1,000,000 x 1,000,000."""
    tags = [(256, 3, 1, 8), (257, 3, 1, 8), (258, 3, 1, 8), (259, 3, 1, 5), (262, 3, 1, 1)]
    return tiff([*tags, (322, 4, 1, 1_000_000), (323, 4, 1, 1_000_000), (324, 4, 1, 8), (325, 4, 1, 8)])


def jpeg_many_scans(scans: int = 5_000) -> bytes:
    """A progressive JPEG that repeats its last scan: minutes of work in little space."""
    data = saved(picture(), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * scans + data[-2:]


def png_huge_text() -> bytes:
    """A good picture with a text block that unpacks to 200 MB, and a profile that does too."""
    packed = zlib.compress(bytes(200_000_000), 9)
    extra = png_chunk(b"zTXt", b"Comment\0\0" + packed) + png_chunk(b"iCCP", b"profile\0\0" + packed)
    return png(2, 1, 8, 2, b"\0\1\2\3\4\5\6", extra)


def jpeg_huge_metadata() -> bytes:
    """A good picture behind 60 MB of comments and of EXIF whose tags overlap."""
    data = saved(picture(), "JPEG")
    exif = b"Exif\0\0" + tiff([(40_000 - i, 7, 30_000, 30_000) for i in range(2_000)], b"\0" * 30_000)
    block = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    return data[:2] + block * 500 + b"\xff\xfe\xff\xff" + b"x" * 65_533 + data[2:]


def truncated(data: bytes, share: float) -> bytes:
    """The first `share` (0..1) of the file, at least one byte short."""
    return data[: min(int(len(data) * share), len(data) - 1)]


HOSTILE: dict[str, Callable[[], bytes]] = {
    "empty.jpg": lambda: b"",
    "text.png": lambda: b"this is not a picture\n" * 50,
    "bomb.png": png_bomb,
    "bomb.jpg": jpeg_bomb,
    "bomb.webp": webp_bomb,
    "bomb.tif": tiff_bomb,
    "overlapping.tif": tiff_overlapping_tags,
    "tile.tif": tiff_huge_tile,
    "scans.jpg": jpeg_many_scans,
    "half.jpg": lambda: truncated(saved(picture(), "JPEG"), 0.5),
    "half.png": lambda: truncated(saved(picture(), "PNG"), 0.5),
    "no_pixels.png": lambda: png(0, 0, 8, 2, b""),
    "animation.gif": lambda: saved(picture(), "GIF"),
}
"""Name -> maker of a file that must end in a PhotoError."""


def write_all(folder: Path) -> list[Path]:
    """Write every file of HOSTILE into `folder`; gives their paths."""
    paths = []
    for name, make in HOSTILE.items():
        (folder / name).write_bytes(make())
        paths.append(folder / name)
    return paths
