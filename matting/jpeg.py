"""JPEG: what its segments say, and its pixels (libjpeg-turbo through simplejpeg). `matting.formats.jpeg` writes it.

Source: ITU-T T.81 annex B; JFIF 1.02; ICC.1 annex B.4.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import simplejpeg

from matting import tags
from matting.errors import UnreadablePhoto, UnsupportedPhoto
from matting.headers import Header, cut_short
from matting.photo import U8

MOST_SCANS = 100  # a progressive JPEG has about 10; thousands would cost minutes in a file of a few KB


def jpeg_header(data: bytes) -> Header:
    """Size, orientation, profile and resolution of a JPEG; metadata is left out of the picture."""
    frame: tuple[int, int, int, int] | None = None
    exif: tags.Directory | None = None
    dpi = None
    icc: dict[int, bytes] = {}
    kept = [b"\xff\xd8"]
    for marker, start, end in _jpeg_segments(data):
        body = data[start + 4 : end] if marker != 0xDA else b""
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC) and len(body) >= 6:
            frame = struct.unpack_from(">BHHB", body)
        if marker == 0xE1 and body.startswith(b"Exif\0\0") and exif is None:
            exif = tags.read_directory(body[6:])
        elif marker == 0xE2 and body.startswith(b"ICC_PROFILE\0") and len(body) > 14:
            icc[body[12]] = body[14:]
        elif marker == 0xE0 and body.startswith(b"JFIF\0") and len(body) >= 12:
            dpi = _jfif_dpi(body)
        # JFIF and Adobe tell the decoder the colour space; all other APPn and comments are not part of the picture.
        if (not 0xE0 <= marker <= 0xEF and marker != 0xFE) or body[:5] in (b"JFIF\0", b"Adobe"):
            kept.append(data[start:end])
    if frame is None:
        raise UnreadablePhoto("the JPEG has no frame: it is damaged")
    bits, height, width, channels = frame
    return Header(
        "JPEG", width, height, b"".join(kept), bits, channels,
        orientation=exif.orientation() if exif else 1,
        icc=b"".join(icc[number] for number in sorted(icc)) or None,
        dpi=dpi or (exif.dpi() if exif else None),
    )  # fmt: skip


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, start, end) of each segment up to the first scan, which reaches to the end of the file."""
    at = 2
    while True:
        at = data.find(b"\xff", at)  # stray bytes between segments are skipped, as decoders do
        if at < 0 or at + 4 > len(data):
            raise cut_short("JPEG")
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
        elif marker in (0x00, 0x01, 0xD8) or 0xD0 <= marker <= 0xD7:  # without a body
            at += 2
        elif marker == 0xD9:
            raise UnreadablePhoto("the JPEG ends before its picture: it is damaged")
        elif marker == 0xDA:
            _check_scans(data, at)
            yield marker, at, len(data)
            return
        else:
            end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
            if end > len(data):
                raise cut_short("JPEG")
            yield marker, at, end
            at = end


def _check_scans(data: bytes, at: int) -> None:
    end = data.find(b"\xff\xd9", at)
    scans = data.count(b"\xff\xda", at, end if end >= 0 else len(data))
    if scans > MOST_SCANS:
        raise UnsupportedPhoto(f"the JPEG has {scans} scans, at most {MOST_SCANS} are taken")


def _jfif_dpi(body: bytes) -> tuple[float, float] | None:
    unit, x, y = struct.unpack_from(">BHH", body, 7)
    scale = {1: 1.0, 2: 2.54}.get(unit)
    return tags.sane_dpi(x * scale, y * scale) if scale else None


def jpeg_pixels(header: Header) -> U8 | None:
    """HxWx3 of a grey, RGB or YCbCr JPEG; None where the general decoder has to try: CMYK, 12 bits, harmless oddities.

    Raises:
        UnreadablePhoto: cut short, or its data damaged: libjpeg would go on and fill in grey.
    """
    if header.channels not in (1, 3) or header.bits != 8:
        return None
    try:
        rgb: U8 = simplejpeg.decode_jpeg(header.picture, "RGB", strict=True)
    except ValueError as error:
        if "Premature end of JPEG" in str(error):
            raise cut_short("JPEG") from error
        if "Corrupt JPEG data" in str(error) and "extraneous bytes" not in str(error):
            raise UnreadablePhoto(f"the JPEG is damaged ({error}): copy the file again") from error
        return None
    return rgb
