"""TIFF: what its first page says, and what it may cost to decode. Source: TIFF 6.0; TIFF Technical Note 2 (JPEG)."""

from __future__ import annotations

from collections import Counter

from matting import camera_raw, tags
from matting.errors import PhotoTooLarge, UnreadablePhoto, UnsupportedPhoto
from matting.exif import kept
from matting.headers import MOST_ICC, Header, cut_short
from matting.jpeg_segments import MOST_WORK, strip_work

# Strips or tiles. Pillow makes a Python object of each, 8 us; 120 MP in tiles of 64 x 64 pixels have 30,000, and strips
# of one row no more than the picture is high, thrice that where the colours lie apart.
MOST_STRIPS = 200_000
_OLD_JPEG, _JPEG = 6, 7


def tiff_header(data: bytes) -> Header:
    """The first page, where that is the picture.

    Raises:
        UnsupportedPhoto: a camera's raw file, or one that shows only a small copy of its picture; too many strips.
        PhotoTooLarge: JPEG in more scans than jpeg_segments.MOST_WORK allows. UnreadablePhoto: damaged.
    """
    page = tags.read_directory(data)
    if page is None:
        raise cut_short("TIFF")
    camera_raw.refuse_previews(page)
    if not page.whole:
        raise cut_short("TIFF")
    width, height = page.integer(tags.WIDTH, 0), page.integer(tags.HEIGHT, 0)
    tile = page.integer(tags.TILE_WIDTH, 0) * page.integer(tags.TILE_HEIGHT, 0)
    if page.claimed > len(data) or tile > 4 * width * height + 4096 * 4096:
        raise _damaged()
    _check_strips(page, width * height)
    bits, channels = page.integer(tags.BITS, 1), page.integer(tags.SAMPLES, 1)
    # Only plain RGB, and RGB with plain alpha, is read at 16 bits by the colour path: say 0 channels for the rest.
    plain = page.integer(tags.PHOTOMETRIC, 0) == 2 and (channels == 3 or page.integer(tags.EXTRA_SAMPLES, 2) == 2)
    return Header(
        "TIFF", width, height, page.upright(), bits, channels if plain or channels == 1 else 0,
        min_is_white=page.integer(tags.PHOTOMETRIC, 1) == 0,
        orientation=page.orientation(), icc=page.block(tags.ICC_PROFILE, MOST_ICC), dpi=page.dpi(),
        about=kept(page),
    )  # fmt: skip


def _check_strips(page: tags.Directory, pixels: int) -> None:
    if any(page.entries.get(tag, (0, 0, 0))[1] > MOST_STRIPS for tag in (tags.STRIP_OFFSETS, tags.TILE_OFFSETS)):
        raise UnsupportedPhoto(f"the TIFF is in more than {MOST_STRIPS} pieces")
    compression = (_numbers(page, tags.COMPRESSION) or (1,))[0]
    if compression == _OLD_JPEG:  # one stream, put together by libtiff from places all over the file
        scans = page.data.count(b"\xff\xda")
        work = pixels * scans if scans > 1 else 0
    else:
        work = _jpeg_work(page) if compression == _JPEG else 0
    if work > MOST_WORK:
        raise PhotoTooLarge("the TIFF holds a JPEG in too many scans to decode in time: save it as an ordinary TIFF")


def _jpeg_work(page: tags.Directory) -> int:
    """Pixels x scans of all strips and tiles together; those that name the same bytes are looked at once."""
    data, ranges = page.data, Counter[tuple[int, int]]()
    for at_tag, length_tag in ((tags.STRIP_OFFSETS, tags.STRIP_COUNTS), (tags.TILE_OFFSETS, tags.TILE_COUNTS)):
        lengths = _numbers(page, length_tag)
        for index, at in enumerate(_numbers(page, at_tag)):
            length = lengths[index] if index < len(lengths) else 0  # 0, or none: libtiff takes the rest of the file
            ranges[at, min(at + length, len(data)) if length else len(data)] += 1
    if sum(end - at for at, end in ranges) > len(data):
        raise _damaged()
    return sum(times * strip_work(data[at:end]) for (at, end), times in ranges.items())


def _numbers(page: tags.Directory, tag: int) -> tuple[int, ...]:
    """The tag's values; empty if it is absent. Raises UnreadablePhoto for a type that we do not read, but libtiff might."""
    values = page.numbers(tag, MOST_STRIPS)
    if tag in page.entries and not values:
        raise _damaged()
    return tuple(int(value) for value in values)


def _damaged() -> UnreadablePhoto:
    return UnreadablePhoto("the TIFF says to hold more than its file does: it is damaged or made to do harm")
