"""JPEGs that make a decoder work long: the scans that it sees are counted, wherever a file hides them."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from matting.decode import decode
from matting.errors import PhotoTooLarge, UnreadablePhoto, UnsupportedPhoto
from matting.jpeg import jpeg_header
from matting.photo import Limits
from tests.matting.hostile import picture, saved
from tests.matting.tiff_files import Page, tiff_file

LIMITS = Limits()
RGB = picture()
PLAIN = saved(RGB, "JPEG")
PROGRESSIVE = saved(RGB, "JPEG", progressive=True)
LAST = PROGRESSIVE.rindex(b"\xff\xda")
SCAN, END = PROGRESSIVE[LAST:-2], b"\xff\xd9"
BODY = 4 + SCAN[3] - 2  # where the scan's entropy-coded data begin


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def in_place_of(data: bytes, height: int, width: int) -> bytes:
    """The JPEG with another size in its frame header."""
    at = next(data.index(mark) for mark in (b"\xff\xc2", b"\xff\xc0") if mark in data)
    return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Of the processor, so that other programs do not count."""
    before = time.process_time()
    yield
    assert time.process_time() - before < seconds


# What stands before 200 more scans than are taken; a decoder passes over each, and finds the scans.
HIDING = {
    "nothing": b"",
    "an end in a comment": segment(0xFE, b"see \xff\xd9 here"),
    "an end in each kind of metadata": b"".join(segment(0xE0 + i, b"\xff\xd9" * 5) for i in range(16)),
    "an end across a comment's length": segment(0xFE, b"\xd9" * (0xD9FF - 2)),
    "an end in a Huffman table": segment(0xC4, b"\x0f" + b"\0" * 7 + b"\2" + b"\0" * 7 + b"\xff\xd9"),
    "fill bytes": b"\xff" * 999,
    "stray bytes": b"\0\xd9stray \xd9\0",
    "stuffed zeros": b"\xff\0\xd9\xff\xff\0\xd9",
    "restart markers": b"\xff\xd0\xff\xd7\xff\xd5",
    "a marker without a meaning, and what reads as its length": b"\xff\x02\xff\xf0",
    "a comment of no length": b"\xff\xfe\0\0\xff\xfe\0\1",
}


@pytest.mark.parametrize("hidden", HIDING)
@pytest.mark.parametrize("place", ["before the last scan", "at the end of a scan", "within a scan"])
def test_scans_are_counted_behind_whatever_a_decoder_passes_over(hidden: str, place: str) -> None:
    at = {"before the last scan": LAST, "at the end of a scan": len(PROGRESSIVE) - 2, "within a scan": LAST + BODY + 1}[place]
    data = PROGRESSIVE[:at] + HIDING[hidden] + PROGRESSIVE[at:-2] + SCAN * 300 + END
    with within(2), pytest.raises(UnsupportedPhoto, match="scans"):
        decode(data, LIMITS)


def test_scans_with_an_end_between_each_two_are_counted() -> None:
    comment = segment(0xFE, END)
    with pytest.raises(UnsupportedPhoto, match="scans"):
        decode(PROGRESSIVE[:-2] + (comment + SCAN) * 200 + END, LIMITS)


@pytest.mark.parametrize("where", [2, LAST, len(PROGRESSIVE) - 2], ids=["first", "between the scans", "last"])
def test_marks_of_scans_and_ends_in_metadata_are_not_counted(where: int) -> None:
    blocks = segment(0xFE, b"\xff\xda" * 500 + END) + segment(0xED, PLAIN + PROGRESSIVE)
    photo = decode(PROGRESSIVE[:where] + blocks + PROGRESSIVE[where:], LIMITS)
    assert np.array_equal(photo.rgb, decode(PROGRESSIVE, LIMITS).rgb)


@pytest.mark.parametrize("data", [PLAIN, PROGRESSIVE], ids=["plain", "progressive"])
def test_the_decoder_is_given_the_picture_up_to_its_end_alone(data: bytes) -> None:
    clean = jpeg_header(data).picture
    assert clean.endswith(END)
    at = data.rindex(b"\xff\xda")
    noisy = data[:at] + segment(0xFE, END * 9) + segment(0xE5, b"x" * 999) + data[at:] + PROGRESSIVE + SCAN * 300
    assert jpeg_header(noisy).picture == clean


@pytest.mark.parametrize("size", [(7600, 7600), (60_000, 150), (130, 62_000)])
def test_pixels_times_scans_are_bounded(size: tuple[int, int]) -> None:
    data = in_place_of(PROGRESSIVE[:-2] + SCAN * 85 + END, *size)
    with within(1), pytest.raises(PhotoTooLarge, match="scans, too many to decode in time"):
        decode(data, LIMITS)


def test_many_scans_of_a_small_picture_are_taken() -> None:
    """Pillow's decoder forgives a refinement that comes twice, and so do we while it costs little."""
    assert decode(PROGRESSIVE[:-2] + SCAN * 80 + END, LIMITS).rgb.shape == RGB.shape


def test_the_work_is_known_before_the_pixels_are_decoded() -> None:
    data = in_place_of(PROGRESSIVE, 11_000, 11_000 - 500)
    with within(0.5), pytest.raises(PhotoTooLarge, match="not a progressive one"):
        decode(data, LIMITS)


def test_a_real_progressive_photo_of_60_megapixels_is_taken() -> None:
    data = saved(np.full((7750, 7750, 3), 90, np.uint8), "JPEG", progressive=True)
    assert data.count(b"\xff\xda") == 10
    assert decode(data, LIMITS).rgb.shape == (7750, 7750, 3)


def test_one_scan_is_bounded_by_the_pixels_alone() -> None:
    with pytest.raises(PhotoTooLarge, match="at most 120 MP"):
        decode(in_place_of(PLAIN, 65_000, 65_000), LIMITS)


@pytest.mark.parametrize("marker", [0xC9, 0xCA, 0xCB])
def test_arithmetic_coding_is_refused_with_a_reason(marker: int) -> None:
    data = PROGRESSIVE.replace(b"\xff\xc2", bytes([0xFF, marker]))
    with pytest.raises(UnsupportedPhoto, match="arithmetic coding"):
        decode(data, LIMITS)


@pytest.mark.parametrize("at", [LAST, len(PROGRESSIVE) - 2])
def test_a_second_frame_does_not_hide_the_first(at: int) -> None:
    start = PROGRESSIVE.index(b"\xff\xc2")
    small = segment(0xC2, in_place_of(PROGRESSIVE, 8, 8)[start + 4 : start + 19])
    with pytest.raises(UnreadablePhoto, match="two frames"):
        decode(PROGRESSIVE[:at] + small + PROGRESSIVE[at:], LIMITS)


@pytest.mark.parametrize(
    "waste",
    [segment(0xFE, b""), b"\xff\xdd\0\4\0\0", segment(0xC4, b""), segment(0xE7, b"xx")],
    ids=["COM", "DRI", "DHT", "APP7"],
)
@pytest.mark.parametrize("where", [2, LAST])
def test_segments_without_end_are_refused(waste: bytes, where: int) -> None:
    with within(1), pytest.raises(UnsupportedPhoto, match="pieces"):
        decode(PROGRESSIVE[:where] + waste * 500_000 + PROGRESSIVE[where:], LIMITS)


@pytest.mark.parametrize("waste", [b"\xff", b"\xff\0", b"\xff\xd3", b"\xff\1", b"\0"])
def test_bytes_that_mean_nothing_cost_little(waste: bytes) -> None:
    at = PLAIN.index(b"\xff\xdb")
    with within(2):
        photo = decode(PLAIN[:at] + waste * (30_000_000 // len(waste)) + PLAIN[at:], LIMITS)
    assert np.array_equal(photo.rgb, decode(PLAIN, LIMITS).rgb)


def test_restart_markers_are_part_of_the_picture() -> None:
    data = saved(RGB, "JPEG", restart_marker_blocks=1)
    assert data.count(b"\xff\xd3") > 5
    assert decode(data, LIMITS).rgb.shape == RGB.shape


def jpeg_tiff(strips: list[bytes], height: int, width: int, **more: int) -> bytes:
    """A TIFF of JPEG strips of `height` rows each."""
    return tiff_file([Page(jpeg_tags(height, width, len(strips), **more), strips)])


def jpeg_tags(height: int, width: int, strips: int, compression: int = 7) -> dict[int, tuple[int, list[int] | bytes]]:
    return {
        256: (4, [width]), 257: (4, [height * strips]), 258: (3, [8, 8, 8]), 259: (3, [compression]), 262: (3, [6]),
        277: (3, [3]), 278: (4, [height]), 530: (3, [2, 2]),
    }  # fmt: skip


def test_jpeg_in_a_tiff_is_taken_progressive_too() -> None:
    for strip in (PLAIN, PROGRESSIVE):
        photo = decode(jpeg_tiff([strip, strip], *RGB.shape[:2]), LIMITS)
        assert photo.rgb.shape == (2 * RGB.shape[0], RGB.shape[1], 3)
    assert decode(saved(RGB, "TIFF", compression="jpeg"), LIMITS).rgb.shape == RGB.shape


@pytest.mark.parametrize("strips", [1, 8, 1000])
@pytest.mark.parametrize("way", ["strips", "same bytes", "no lengths", "tiles", "old"])
def test_scans_of_jpeg_in_a_tiff_are_bounded_too(way: str, strips: int) -> None:
    height = 8000 // strips
    strip = in_place_of(PROGRESSIVE[:-2] + SCAN * 80 + END, height, 8000)
    tags = jpeg_tags(height, 8000, strips, 6 if way == "old" else 7)
    data = tiff_file([Page(tags, [strip] * strips)])
    if way == "same bytes":
        data = tiff_file([Page(tags | {273: (4, [8] * strips), 279: (4, [len(strip)] * strips)})], magic=strip)
    elif way == "no lengths" and strips == 1:
        data = tiff_file([Page(tags | {273: (4, [8])})], magic=strip)
    elif way == "tiles":
        tiled = Page(tags | {322: (4, [8000]), 323: (4, [height])} | {324: (4, [8] * strips), 325: (4, [len(strip)] * strips)})
        data = tiff_file([tiled], magic=strip)
    with within(2), pytest.raises(PhotoTooLarge, match="too many scans"):
        decode(data, LIMITS)
