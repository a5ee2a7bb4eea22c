"""JPEG: what its segments say, and its pixels (libjpeg-turbo through simplejpeg). `matting.formats.jpeg` writes it.

Source: JFIF 1.02; ICC.1 annex B.4.
"""

from __future__ import annotations

import struct

import simplejpeg

from matting import tags
from matting.colour_space import named_profile
from matting.errors import UnreadablePhoto
from matting.exif import kept as about
from matting.headers import Header, cut_short
from matting.jpeg_segments import SOS, Frame, check_work, read_frame, segments
from matting.photo import U8


def jpeg_header(data: bytes) -> Header:
    """Size, orientation, profile and resolution of a JPEG; metadata, and what follows its end, are left out of the picture.

    Raises:
        UnreadablePhoto: cut short, or without a frame or a scan. UnsupportedPhoto, PhotoTooLarge: see jpeg_segments.
    """
    frame: Frame | None = None
    exif: tags.Directory | None = None
    dpi = None
    icc: dict[int, bytes] = {}
    kept, scans = [b"\xff\xd8"], 0
    for marker, start, end in segments(data):
        body = data[start + 4 : end] if marker != SOS else b""
        scans += marker == SOS
        if found := read_frame(marker, body):
            if frame:  # the decoder too gives up, but only there: all scans before it would be of another size
                raise UnreadablePhoto("the JPEG has two frames: it is damaged")
            frame = found
        if frame:
            check_work(frame.width, frame.height, scans)
        if marker == 0xE1 and body.startswith(b"Exif\0\0") and exif is None:
            exif = tags.read_directory(body[6:])
        elif marker == 0xE2 and body.startswith(b"ICC_PROFILE\0") and len(body) > 14:
            icc[body[12]] = body[14:]
        elif marker == 0xE0 and body.startswith(b"JFIF\0") and len(body) >= 12:
            dpi = _jfif_dpi(body)
        # JFIF and Adobe tell the decoder the colour space; all other APPn and comments are not part of the picture.
        if (not 0xE0 <= marker <= 0xEF and marker != 0xFE) or body[:5] in (b"JFIF\0", b"Adobe"):
            kept.append(data[start:end])
    if frame is None or not scans:
        raise UnreadablePhoto("the JPEG ends before its picture: it is damaged")
    return Header(
        "JPEG", frame.width, frame.height, b"".join(kept), frame.bits, frame.channels,
        orientation=exif.orientation() if exif else 1,
        icc=b"".join(icc[number] for number in sorted(icc)) or named_profile(exif),
        dpi=dpi or (exif.dpi() if exif else None),
        about=about(exif),
    )  # fmt: skip


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
