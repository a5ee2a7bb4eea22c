"""PNG: what its chunks say, and a writer that is many times faster than the usual ones.

The writer predicts each row from the one above (filter UP) and leaves the rest to Intel's deflate. Measured on one portrait
enlarged to 12 MP and cut out, smooth and with added noise (x86-64, 2 loaded cores), against one run of Pillow's default: 34
and 45 times faster, 12 and 13 % larger. Other filters, bytes against UP, smooth and noisy: SUB +30 and +2 %, the better of
both in each row +6 and -1 % in 1.7 and 1.2 times the time, AVERAGE +9 and -5 %. Source: PNG, third edition (W3C).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np
from isal import isal_zlib

from matting import tags
from matting.errors import UnreadablePhoto, UnsupportedPhoto
from matting.headers import MOST_CHUNKS, MOST_ICC, Header, cut_short
from matting.photo import U8

MAGIC = b"\x89PNG\r\n\x1a\n"
_PICTURE = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_GREY, _RGB, _RGBA = 0, 2, 6
_SLACK = 1 << 20  # bytes after the picture that a 16-bit PNG may unpack to
_UP = 2
_BAND = 1 << 20  # bytes filtered at a time: stays in the cache, and bounds the memory
_LEVEL = 2  # isal's 0..3; 3 was slower and not smaller, on the same two pictures


def png_header(data: bytes) -> Header:
    """Checks that the file is whole, the checksums of its picture included."""
    kept = [MAGIC]
    meta: dict[bytes, bytes] = {}
    for kind, start, end in _chunks(data):
        if kind in _PICTURE:
            body = memoryview(data)[start + 4 : end - 4]
            if isal_zlib.crc32(body) != int.from_bytes(data[end - 4 : end], "big"):
                raise UnreadablePhoto("the PNG is damaged (wrong checksum): copy the file again")
            kept.append(data[start:end])
        elif kind in (b"iCCP", b"pHYs", b"eXIf"):
            meta.setdefault(kind, data[start + 8 : end - 4])
    if len(kept) < 2 or kept[1][4:8] != b"IHDR" or len(kept[1]) != 25:
        raise UnreadablePhoto("the PNG does not begin with its header: it is damaged")
    width, height, bits, colour = struct.unpack_from(">IIBB", kept[1], 8)
    exif = tags.read_directory(meta.get(b"eXIf", b""))
    return Header(
        "PNG", width, height, b"".join(kept), bits, {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}.get(colour, 0),
        orientation=exif.orientation() if exif else 1,
        icc=_icc(meta.get(b"iCCP", b"")),
        dpi=_dpi(meta.get(b"pHYs", b"")) or (exif.dpi() if exif else None),
    )  # fmt: skip


def check_unpacked(header: Header) -> None:
    """Raises UnreadablePhoto for a PNG whose data go on after its picture: libpng unpacks all of it, gigabytes from a few MB.

    For the path of OpenCV alone; Pillow stops with the picture. Damaged data are the decoder's to report.
    """
    most = header.height * (2 + header.width * header.channels * header.bits // 8) + _SLACK  # 2: rows of Adam7's passes
    try:
        total = 0
        for length in _unpacked_lengths(header.picture):
            total += length
            if total > most:
                raise UnreadablePhoto("the PNG holds more data than its picture: save it again")
    except zlib.error:
        return


def _unpacked_lengths(data: bytes) -> Iterator[int]:
    """How many bytes each step of unpacking the picture's data gives, at most a band of them."""
    unpacker = zlib.decompressobj()
    for kind, start, end in _chunks(data):
        for at in range(start + 8, end - 4, _BAND) if kind == b"IDAT" else ():
            piece = data[at : min(at + _BAND, end - 4)]
            while not unpacker.eof and (out := unpacker.decompress(piece, _BAND)):
                yield len(out)
                piece = unpacker.unconsumed_tail


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(type, start, end) of each chunk up to IEND, its length and checksum included."""
    at = len(MAGIC)
    for _ in range(MOST_CHUNKS):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if at + 12 > len(data) or end > len(data):
            raise cut_short("PNG")
        kind = data[at + 4 : at + 8]
        yield kind, at, end
        if kind == b"IEND":
            return
        at = end
    raise UnsupportedPhoto(f"the PNG is in more than {MOST_CHUNKS} pieces")


def _icc(body: bytes) -> bytes | None:
    unpacker = zlib.decompressobj()
    try:
        icc = unpacker.decompress(body[body.find(b"\0") + 2 :], MOST_ICC + 1)
    except zlib.error:
        return None
    return icc or None


def _dpi(body: bytes) -> tuple[float, float] | None:
    if len(body) != 9 or body[8] != 1:  # 1: per metre; 0: only the pixels' shape
        return None
    x, y = struct.unpack_from(">II", body)
    return tags.sane_dpi(x * 0.0254, y * 0.0254)


def write_png(pixels: U8, icc: bytes | None = None, dpi: tuple[float, float] | None = None) -> bytes:
    """A PNG of HxW (grey), HxWx3 (RGB) or HxWx4 (RGB and straight alpha) pixels.

    Besides the compressed bytes only a band of rows is held in memory.
    """
    height, width = pixels.shape[:2]
    colour = {2: _GREY, 3: _RGB}.get(pixels.ndim if pixels.ndim == 2 else pixels.shape[2], _RGBA)
    parts = [MAGIC, *_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0))]
    if icc:
        parts += _chunk(b"iCCP", b"ICC profile\0\0" + isal_zlib.compress(icc, _LEVEL))
    if dpi:
        parts += _chunk(b"pHYs", struct.pack(">IIB", *(round(value / 0.0254) for value in dpi), 1))
    for data in _deflated(np.ascontiguousarray(pixels).reshape(height, -1)):
        parts += _chunk(b"IDAT", data)
    parts += _chunk(b"IEND", b"")
    return b"".join(parts)


def _deflated(rows: U8) -> Iterator[bytes]:
    """The zlib stream of the filtered rows (HxN bytes), in pieces."""
    deflate = isal_zlib.compressobj(_LEVEL)
    step = max(1, _BAND // rows.shape[1])
    filtered = np.empty((min(step, len(rows)), 1 + rows.shape[1]), np.uint8)
    filtered[:, 0] = _UP
    for top in range(0, len(rows), step):
        band = rows[top : top + step]
        out = filtered[: len(band), 1:]
        np.subtract(band[1:], band[:-1], out=out[1:])
        np.subtract(band[0], rows[top - 1] if top else np.uint8(0), out=out[0])
        if piece := deflate.compress(filtered[: len(band)].data):
            yield piece
    yield deflate.flush()


def _chunk(kind: bytes, body: bytes) -> tuple[bytes, bytes, bytes]:
    checksum = isal_zlib.crc32(body, isal_zlib.crc32(kind))
    return len(body).to_bytes(4, "big") + kind, body, checksum.to_bytes(4, "big")
