"""The segments of a JPEG stream, found as libjpeg finds them, and what decoding the stream may cost.

A marker inside a segment's body is no marker: a comment may hold any bytes. Entropy-coded data run on over stuffed
zeros, fill bytes and restart markers, and end at any other marker, a misplaced one too: there libjpeg fills the scan
up with zeros and goes on. Source: ITU-T T.81 annex B; libjpeg-turbo's jdmarker.c (next_marker, jpeg_resync_to_restart).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from matting.errors import PhotoTooLarge, UnreadablePhoto, UnsupportedPhoto
from matting.headers import cut_short

SOS, EOI = 0xDA, 0xD9
MOST_SCANS = 100  # a progressive JPEG has about 10
MOST_SEGMENTS = 10_000  # a photo has 10 to 200, most of them pieces of its profile and XMP
# Pixels x scans of a picture in more than one scan: libjpeg walks through the whole picture for each. Measured with
# libjpeg-turbo 3.1 (simplejpeg 1.9, Pillow 13, x86-64, seconds of processor): at 12 MP a scan of a real progressive photo
# takes 10 to 25 ms, an empty one 10 ms, one of noise (1.5 MB long) 57 ms. The worst that is taken, with the general
# decoder's second try after a warning: 2.5 s for a file of 0.7 MB (62 MP, 12 scans), 7.7 s for 116 MB of noise (12 MP,
# 62 scans). The usual 10 scans are taken up to 75 MP.
MOST_WORK = 750_000_000

# Without 0xFF: of a run of fill bytes the last begins the marker. Restart markers, and those below 0xC0 that have no
# meaning, are passed over as libjpeg passes over them; a second start of image makes it give up.
_MARKER = re.compile(rb"\xff[\xc0-\xcf\xd9-\xfe]")
_NOT_FRAMES = (0xC4, 0xC8, 0xCC)  # Huffman tables, reserved, arithmetic conditioning


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame header (SOFn): bits per sample, pixels, number of components."""

    bits: int
    height: int
    width: int
    channels: int


def segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, start, end) of each segment up to the end of the image, which is the last; a scan's data belong to it.

    Raises:
        UnreadablePhoto: the stream ends before the image does. UnsupportedPhoto: in more than MOST_SEGMENTS pieces.
    """
    at = 2
    for _ in range(MOST_SEGMENTS):
        start = _next_marker(data, at)
        marker = data[start + 1]
        if marker == EOI:
            yield marker, start, start + 2
            return
        at = start + 2 + max(2, int.from_bytes(data[start + 2 : start + 4], "big"))
        if at > len(data):
            raise cut_short("JPEG")
        if marker == SOS:
            at = _next_marker(data, at)
        yield marker, start, at
    raise UnsupportedPhoto(f"the JPEG is in more than {MOST_SEGMENTS} pieces")


def _next_marker(data: bytes, at: int) -> int:
    found = _MARKER.search(data, at)
    if found is None:
        raise cut_short("JPEG")
    return found.start()


def read_frame(marker: int, body: bytes) -> Frame | None:
    """The frame that a segment of this marker and body (without its length) begins; None if it is none.

    Raises:
        UnsupportedPhoto: arithmetic coding. At 12 MP it takes up to 4.5 s a scan, and no camera or browser knows it.
    """
    if not 0xC0 <= marker <= 0xCF or marker in _NOT_FRAMES or len(body) < 6:
        return None
    if marker > 0xC8:
        raise UnsupportedPhoto("a JPEG with arithmetic coding is not taken: save it as an ordinary JPEG")
    return Frame(*struct.unpack_from(">BHHB", body))


def check_work(width: int, height: int, scans: int) -> None:
    """Raises UnsupportedPhoto for more than MOST_SCANS scans, PhotoTooLarge for more than MOST_WORK pixels x scans."""
    if scans > MOST_SCANS:
        raise UnsupportedPhoto(f"the JPEG has more than {MOST_SCANS} scans, about 10 are usual: save it again")
    if scans > 1 and width * height * scans > MOST_WORK:
        raise PhotoTooLarge(
            f"the JPEG has {width} x {height} pixels in {scans} scans, too many to decode in time: "
            "save it as an ordinary JPEG, not a progressive one"
        )


def strip_work(data: bytes) -> int:
    """Pixels x scans of one strip or tile of a TIFF: a JPEG stream of its own. 0 where it has one scan alone.

    Raises:
        UnreadablePhoto: no frame. UnsupportedPhoto: arithmetic coding.
    """
    scans = data.count(b"\xff\xda")  # at least as many as there are, also of a stream that does not end
    if scans < 2:
        return 0
    for marker, start, end in segments(data):
        if found := read_frame(marker, data[start + 4 : end]):
            return found.width * found.height * scans
    raise UnreadablePhoto("the TIFF holds a JPEG without a frame: it is damaged")
