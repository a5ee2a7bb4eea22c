"""PNG: what its chunks say. (`matting.formats.png` writes it.) Source: PNG, third edition (W3C)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from isal import isal_zlib

from matting import tags
from matting.errors import UnreadablePhoto, UnsupportedPhoto
from matting.exif import kept as about
from matting.headers import MOST_CHUNKS, MOST_ICC, Header, cut_short

MAGIC = b"\x89PNG\r\n\x1a\n"
_PICTURE = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_BAND = 1 << 20  # bytes unpacked at a time
_SLACK = 1 << 20  # bytes after the picture that a 16-bit PNG may unpack to


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
        about=about(exif),
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
