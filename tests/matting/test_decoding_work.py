"""Small files that unpack to much work, besides JPEG's scans: refused before it is done."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest

from matting.decode import decode
from matting.errors import PhotoError, PhotoTooLarge, UnreadablePhoto, UnsupportedPhoto
from matting.photo import Limits
from tests.matting import heic_files
from tests.matting.hostile import PNG_MAGIC, picture, png, png_chunk, saved
from tests.matting.test_jpeg_scans import within
from tests.matting.tiff_files import rgb_page, tiff_file

LIMITS = Limits()


def zeros(gigabytes: float, before: bytes = b"") -> bytes:
    """A zlib stream of `before` and zeros, without an end."""
    first, block = zlib.compressobj(9), zlib.compressobj(9, zlib.DEFLATED, -15)
    head = first.compress(before) + first.flush(zlib.Z_FULL_FLUSH)
    return head + (block.compress(bytes(10_000_000)) + block.flush(zlib.Z_FULL_FLUSH)) * round(gigabytes * 100)


@pytest.mark.parametrize("interlaced", [0, 1])
@pytest.mark.parametrize(("colour", "channels"), [(2, 3), (6, 4), (4, 2)])
def test_a_16_bit_png_ends_with_its_picture(colour: int, channels: int, interlaced: int) -> None:
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 16, colour, 0, 0, interlaced))
    idat = zeros(1.5)
    pieces = b"".join(png_chunk(b"IDAT", idat[at : at + 8192]) for at in range(0, len(idat), 8192))
    with within(0.5), pytest.raises(UnreadablePhoto, match="more data than its picture"):
        decode(PNG_MAGIC + head + pieces + png_chunk(b"IEND", b""), LIMITS)


@pytest.mark.parametrize("interlaced", [0, 1])
def test_a_16_bit_png_may_be_interlaced_and_of_any_size(interlaced: int) -> None:
    for side in (1, 9, 700):
        rows = 2 * side + 8 if interlaced else side
        idat = zlib.compress(bytes(rows + side * side * 6) if interlaced else (b"\0" + bytes(6 * side)) * side)
        head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 16, 2, 0, 0, interlaced))
        data = PNG_MAGIC + head + png_chunk(b"IDAT", idat + bytes(9)) + png_chunk(b"IEND", b"")
        assert decode(data, LIMITS).rgb.shape == (side, side, 3)


def test_an_8_bit_png_costs_its_picture_only() -> None:
    raw = (b"\0" + bytes(24)) * 8
    data = png(8, 8, 8, 2, b"")
    data = data[: data.index(b"IDAT") - 4] + png_chunk(b"IDAT", zeros(1.5, raw)) + png_chunk(b"IEND", b"")
    with within(1):
        assert decode(data, LIMITS).rgb.shape == (8, 8, 3)


def bmp_runs(width: int, height: int, runs: bytes, compression: int = 1) -> bytes:
    """A run-length coded BMP of 8 (compression 1) or 4 bits (2)."""
    colours, bits = bytes(i for grey in range(256) for i in (grey, grey, grey, 0)), 8 // compression
    info = struct.pack(
        "<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(runs), 2835, 2835, 256 // compression**4, 0
    )
    colours = colours[: 1024 // compression**4]
    start = 14 + len(info) + len(colours)
    return b"BM" + struct.pack("<IHHI", start + len(runs), 0, 0, start) + info + colours + runs


def test_run_length_coded_bmp_is_taken() -> None:
    photo = decode(bmp_runs(4, 2, b"\4\x20\0\0\2\x30\2\x40\0\1"), LIMITS)
    assert photo.rgb[:, :, 0].tolist() == [[0x30, 0x30, 0x40, 0x40], [0x20] * 4]


@pytest.mark.parametrize("compression", [1, 2])
@pytest.mark.parametrize(
    ("width", "height", "runs"),
    [
        (60_000, 2000, b"\1\5\0\0" * 2000 + b"\0\1"),
        (60_000, -2000, b"\1\5\0\0" * 2000 + b"\0\1"),
        (20_000, 6000, b"\0\2\xff\1" * 6000 + b"\0\1"),
        (2000, 1000, b"\1\5" * 9_000_000 + b"\0\1"),
    ],
    ids=["ends of lines", "upside down", "jumps", "runs of one"],
)
def test_run_length_coded_bmp_is_bounded(width: int, height: int, runs: bytes, compression: int) -> None:
    with within(0.5), pytest.raises(PhotoTooLarge, match="run-length"):
        decode(bmp_runs(width, height, runs, compression), LIMITS)


def in_strips(offsets: int, count: int, compression: int) -> bytes:
    page = rgb_page(8, 8, compression=compression)
    page.strips = []
    if offsets == 324:
        page.tags |= {322: (4, [1]), 323: (4, [1])}
    page.tags |= {278: (4, [1]), offsets: (4, [8] * count), {273: 279, 324: 325}[offsets]: (4, [24] * count)}
    return tiff_file([page], magic=zlib.compress(bytes(24)).ljust(24, b"\0"))


@pytest.mark.parametrize("compression", [1, 8])
@pytest.mark.parametrize("offsets", [273, 324])
def test_a_tiff_is_not_in_more_pieces_than_any_photo(offsets: int, compression: int) -> None:
    with within(1), pytest.raises(UnsupportedPhoto, match="pieces"):
        decode(in_strips(offsets, 1_000_000, compression), LIMITS)


def test_a_tiff_may_be_in_strips_of_one_row() -> None:
    page = rgb_page(20_000, 8)
    page.strips, page.tags[278] = [bytes(24)] * 20_000, (4, [1])
    assert decode(tiff_file([page]), LIMITS).rgb.shape == (20_000, 8, 3)


def test_numbers_of_a_tiff_that_only_the_decoder_could_read_are_refused() -> None:
    """libtiff takes signed numbers for a compression, and would decode what we had not looked at."""
    page = rgb_page(8, 8)
    data = tiff_file([page]).replace(struct.pack("<HHII", 259, 3, 1, 1), struct.pack("<HHII", 259, 8, 1, 7))
    with pytest.raises(PhotoError):
        decode(data, LIMITS)


@pytest.fixture(scope="module")
def coded() -> heic_files.Coded:
    pytest.importorskip("pillow_heif").register_heif_opener()
    return heic_files.coded(saved(np.full((512, 512, 3), 80, np.uint8), "HEIF"))


def test_a_heic_of_tiles_is_taken(coded: heic_files.Coded) -> None:
    assert decode(heic_files.grid(coded, 2, 3), LIMITS).rgb.shape == (1024, 1536, 3)
    assert decode(heic_files.grid(coded, 2, 3, shown=(1000, 1400)), Limits(pixels=1_400_000)).rgb.shape == (1000, 1400, 3)
    assert decode(heic_files.grid(coded, 2, 3, turned=True), LIMITS).rgb.shape == (1536, 1024, 3)


@pytest.mark.parametrize(
    "make",
    [
        lambda coded: heic_files.grid(coded, 4, 4, shown=(64, 64)),
        lambda coded: heic_files.grid_of_grids(coded, 4),
        lambda coded: heic_files.overlay(coded, 16),
        lambda coded: heic_files.cropped(coded, 4, 4),
        lambda coded: heic_files.with_alpha(coded, 4),
    ],
    ids=["hidden tiles", "grids in a grid", "overlay", "crop", "alpha"],
)
def test_what_a_heic_is_put_together_of_is_bounded(coded: heic_files.Coded, make: object) -> None:
    limits = Limits(pixels=16 * 512 * 512 // 4 - 1000)
    with pytest.raises(PhotoTooLarge):
        decode(make(coded), limits)  # type: ignore[operator]


def test_another_picture_of_a_heic_never_stands_in_for_the_main_one(coded: heic_files.Coded) -> None:
    with pytest.raises(UnreadablePhoto):
        decode(heic_files.overlay(coded, 16), LIMITS)  # more layers than libheif takes


def test_a_heic_that_is_made_of_itself_is_damaged(coded: heic_files.Coded) -> None:
    with within(1), pytest.raises(UnreadablePhoto):
        decode(heic_files.of_itself(coded), LIMITS)


def test_heic_with_broken_boxes_is_a_photo_error(coded: heic_files.Coded) -> None:
    good, chance = heic_files.grid(coded, 2, 2), np.random.default_rng(5)
    for _ in range(300):
        data = bytearray(good)
        for at in chance.integers(0, len(good), 3):
            data[at] = chance.integers(0, 256)
        try:
            decode(bytes(data), Limits(pixels=4_000_000))
        except PhotoError:
            continue


def test_hand_made_heic_is_what_pillow_heif_writes(coded: heic_files.Coded) -> None:
    rgb = picture(512, 512)
    own = heic_files.coded(saved(rgb, "HEIF", quality=90))
    photo = decode(heic_files.single(own), LIMITS)
    assert np.abs(photo.rgb.astype(int) - rgb).mean() < 8
