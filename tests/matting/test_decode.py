from __future__ import annotations

import resource
import struct
import sys
import threading
import tracemalloc
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from matting.decode import decode
from matting.errors import PhotoError, PhotoTooLarge, UnreadablePhoto, UnsupportedPhoto
from matting.photo import Limits, Photo
from tests.matting import hostile
from tests.matting.hostile import picture, png, png_chunk, saved, truncated

LIMITS = Limits()
RGB = picture()
RGBA = picture(channels=4)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def mean_difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(int) - b.astype(int)).mean())


def rgba(photo: Photo) -> np.ndarray:
    """Of a photo that has an alpha."""
    assert photo.opacity is not None
    return np.dstack([photo.rgb, photo.opacity])


def swapped_profile() -> bytes:
    """An RGB profile, not called sRGB, whose red and blue primaries are exchanged: conversion swaps the channels."""
    data = bytearray(SRGB.replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be")))
    entries = [128 + 4 + 12 * i for i in range(struct.unpack_from(">I", data, 128)[0])]
    red, blue = (next(at for at in entries if bytes(data[at : at + 4]) == name) for name in (b"rXYZ", b"bXYZ"))
    data[red + 4 : red + 12], data[blue + 4 : blue + 12] = data[blue + 4 : blue + 12], data[red + 4 : red + 12]
    return bytes(data)


def oriented(orientation: int, **tags: float) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    for name, value in tags.items():
        exif[{"x": 0x011A, "y": 0x011B, "unit": 0x0128}[name]] = value
    return exif


@pytest.mark.parametrize("format", ["PNG", "TIFF", "BMP"])
def test_lossless_formats_come_back_exactly(format: str) -> None:
    photo = decode(saved(RGB, format), LIMITS)
    assert np.array_equal(photo.rgb, RGB)
    assert photo.opacity is None
    assert photo.rgb.flags.c_contiguous
    assert (photo.height, photo.width) == RGB.shape[:2]


@pytest.mark.parametrize("format", ["JPEG", "WEBP", "HEIF"])
def test_lossy_formats_come_back_nearly(format: str) -> None:
    if format == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
    assert mean_difference(decode(saved(RGB, format, quality=95), LIMITS).rgb, RGB) < 5


@pytest.mark.parametrize(
    "options", [{"compression": "tiff_lzw"}, {"compression": "tiff_adobe_deflate"}, {"compression": "packbits"}]
)
def test_compressed_tiff(options: dict[str, str]) -> None:
    photo = decode(saved(RGBA, "TIFF", **options), LIMITS)
    assert np.array_equal(rgba(photo), RGBA)


@pytest.mark.parametrize("size", [(1, 1), (10, 20_000), (20_000, 10)])
@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "BMP"])
def test_odd_sizes_are_pictures(size: tuple[int, int], format: str) -> None:
    assert decode(saved(np.zeros((*size, 3), np.uint8), format), LIMITS).rgb.shape == (*size, 3)


@pytest.mark.parametrize("mode", ["1", "L", "P"])
def test_modes_without_alpha(mode: str) -> None:
    image = Image.fromarray(RGB).convert(mode)
    photo = decode(saved(image, "PNG"), LIMITS)
    assert np.array_equal(photo.rgb, np.asarray(image.convert("RGB")))
    assert photo.opacity is None


def test_alpha_is_kept_and_an_opaque_one_dropped() -> None:
    photo = decode(saved(RGBA, "PNG"), LIMITS)
    assert np.array_equal(rgba(photo), RGBA)
    opaque = RGBA.copy()
    opaque[..., 3] = 255
    assert decode(saved(opaque, "PNG"), LIMITS).opacity is None


def test_grey_with_alpha_and_palette_with_transparency() -> None:
    grey = decode(saved(Image.fromarray(RGBA).convert("LA"), "PNG"), LIMITS)
    assert np.array_equal(rgba(grey)[..., 3], RGBA[..., 3])
    palette = Image.fromarray(RGB).quantize(8)
    photo = decode(saved(palette, "PNG", transparency=3), LIMITS)
    assert np.array_equal(photo.opacity == 0, np.asarray(palette) == 3)


@pytest.mark.parametrize("format", ["png", "tiff"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_16_bits_are_rounded_over_the_full_range(format: str, channels: int) -> None:
    deep = np.random.default_rng(0).integers(0, 65_536, (16, 24, channels), np.uint16)
    deep[0, :4] = np.array([0, 128, 65_406, 65_535], np.uint16)[:, None]
    data = cv2.imencode(f".{format}", deep)[1].tobytes()
    expected = np.round(deep / 257).astype(np.uint8)
    photo = decode(data, LIMITS)
    colour = expected[..., 2::-1] if channels > 1 else expected.repeat(3, axis=2)
    assert np.array_equal(photo.rgb, colour)
    if channels == 4:
        assert np.array_equal(rgba(photo)[..., 3], expected[..., 3])


def test_16_bit_grey_tiff_whose_zero_is_white() -> None:
    rows = struct.pack("<4H", 0, 257, 65_278, 65_535)
    tags = [(256, 3, 1, 4), (257, 3, 1, 1), (258, 3, 1, 16), (262, 3, 1, 0), (277, 3, 1, 1), (278, 3, 1, 1), (279, 4, 1, 8)]
    start = 8 + 2 + 12 * (len(tags) + 1) + 4
    photo = decode(hostile.tiff([*tags, (273, 4, 1, start)], rows), LIMITS)
    assert photo.rgb[0, :, 0].tolist() == [255, 254, 1, 0]


def test_16_bit_grey_and_alpha_png() -> None:
    photo = decode(png(2, 1, 16, 4, b"\0" + struct.pack(">4H", 1000, 65_535, 2000, 300)), LIMITS)
    assert photo.rgb[0, :, 0].tolist() == [4, 8]
    assert photo.opacity is not None and photo.opacity[0].tolist() == [255, 1]


def test_float_tiff_is_refused_with_a_reason() -> None:
    with pytest.raises(UnsupportedPhoto, match="8-bit RGB"):
        decode(saved(np.zeros((4, 4), np.float32), "TIFF"), LIMITS)


@pytest.mark.parametrize("format", ["JPEG", "TIFF"])
def test_cmyk_is_not_inverted(format: str) -> None:
    colours = np.zeros((32, 96, 3), np.uint8)
    colours[:, :32], colours[:, 32:64], colours[:, 64:] = (255, 0, 0), (250, 250, 250), (0, 0, 120)
    photo = decode(saved(Image.fromarray(colours).convert("CMYK"), format), LIMITS)
    assert mean_difference(photo.rgb, colours) < 4
    assert photo.icc is None


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_turns_colour_and_opacity(orientation: int) -> None:
    ours = decode(saved(RGBA, "PNG", exif=oriented(orientation)), LIMITS)
    turn = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}  # Pillow's Transpose values
    upright = Image.fromarray(RGBA)
    if orientation > 1:
        upright = upright.transpose(Image.Transpose(turn[orientation]))
    assert np.array_equal(rgba(ours), np.asarray(upright))
    assert ours.rgb.flags.c_contiguous


@pytest.mark.parametrize("orientation", [3, 6])
@pytest.mark.parametrize(
    ("format", "options"), [("JPEG", {}), ("WEBP", {}), ("TIFF", {}), ("TIFF", {"compression": "tiff_lzw"})]
)
def test_orientation_is_applied_once_in_every_format(format: str, options: dict[str, str], orientation: int) -> None:
    photo = decode(saved(RGB, format, exif=oriented(orientation), **options), LIMITS)
    assert mean_difference(photo.rgb, np.rot90(RGB, 2 if orientation == 3 else -1)) < 8


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\x01\x12", b"\0" * 99]
)
def test_broken_exif_is_ignored(exif: bytes) -> None:
    assert decode(saved(RGB, "JPEG", exif=exif), LIMITS).rgb.shape == RGB.shape


def test_resolution_in_every_place_it_is_written() -> None:
    assert decode(saved(RGB, "JPEG", dpi=(300, 200)), LIMITS).dpi == (300, 200)
    assert decode(saved(RGB, "PNG", dpi=(300, 200)), LIMITS).dpi == pytest.approx((300, 200), abs=0.02)
    assert decode(saved(RGB, "TIFF", dpi=(300, 200)), LIMITS).dpi == (300, 200)
    assert decode(saved(RGB, "TIFF", x_resolution=100.0, y_resolution=50.0, resolution_unit=3), LIMITS).dpi == (254, 127)
    per_cm = saved(RGB, "JPEG", exif=oriented(1, x=100, y=50, unit=3))
    assert decode(per_cm, LIMITS).dpi == (254, 127)


def test_resolution_turns_with_the_photo() -> None:
    assert decode(saved(RGB, "JPEG", exif=oriented(6), dpi=(300, 200)), LIMITS).dpi == (200, 300)


def test_resolutions_that_cannot_be_are_dropped() -> None:
    assert decode(saved(RGB, "JPEG", exif=oriented(1, x=0, y=0)), LIMITS).dpi is None
    assert decode(png(1, 1, 8, 0, b"\0\0", png_chunk(b"pHYs", struct.pack(">IIB", 0, 2**32 - 1, 1))), LIMITS).dpi is None


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_profile_is_kept_or_converted(format: str) -> None:
    flat = np.full((16, 16, 3), (200, 100, 50), np.uint8)
    data = saved(flat, format, icc_profile=swapped_profile())
    kept, converted = decode(data, LIMITS), decode(data, LIMITS, to_srgb=True)
    assert kept.icc == swapped_profile()
    assert kept.rgb[8, 8].tolist() == pytest.approx([200, 100, 50], abs=3)
    assert converted.icc is None
    assert converted.rgb[8, 8].tolist() == pytest.approx([50, 100, 200], abs=6)


def test_srgb_profile_needs_no_conversion() -> None:
    photo = decode(saved(RGB, "PNG", icc_profile=SRGB), LIMITS, to_srgb=True)
    assert photo.icc is None
    assert np.array_equal(photo.rgb, RGB)


@pytest.mark.parametrize(
    "profile", [b"nonsense" * 40, SRGB[:200], SRGB.replace(b"RGB ", b"CMYK"), SRGB.replace(b"RGB ", b"GRAY")]
)
def test_profiles_that_do_not_fit_are_dropped(profile: bytes) -> None:
    photo = decode(saved(RGB, "PNG", icc_profile=profile), LIMITS, to_srgb=True)
    assert photo.icc is None
    assert np.array_equal(photo.rgb, RGB)


def test_grey_profile_is_converted() -> None:
    linear = _grey_profile()
    photo = decode(saved(np.full((8, 8), 55, np.uint8), "PNG", icc_profile=linear), LIMITS)
    assert photo.icc is None
    assert photo.rgb[0, 0].tolist() == pytest.approx([128, 128, 128], abs=2)  # 55 / 255 of the light is 128 in sRGB


def _grey_profile() -> bytes:
    """A grey profile with a linear curve. Source: ICC.1:2001-04, 6.3.2 (monochrome input profiles)."""
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)
    curve = b"curv\0\0\0\0\0\0\0\0"
    text = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"grey\0" + bytes(78)
    body, table, at = b"", b"", 128 + 4 + 12 * 3
    for name, block in ((b"wtpt", white), (b"kTRC", curve), (b"desc", text)):
        table += name + struct.pack(">II", at + len(body), len(block))
        body += block + bytes(-len(block) % 4)
    head = struct.pack(">I4s4s4s4s4s12s4s", at + len(body), b"", b"\x02\x10\0\0", b"mntr", b"GRAY", b"XYZ ", b"", b"acsp")
    return head.ljust(68, b"\0") + struct.pack(">3i", 63190, 65536, 54061) + bytes(48) + struct.pack(">I", 3) + table + body


@pytest.mark.parametrize("format", ["PNG", "WEBP", "TIFF"])
def test_the_first_of_many_frames_is_taken(format: str) -> None:
    others = [Image.fromarray(255 - RGB)] * 40
    options = {"lossless": True} if format == "WEBP" else {}
    data = saved(RGB, format, save_all=True, append_images=others, **options)
    assert np.array_equal(decode(data, LIMITS).rgb, RGB)


CUT = {
    "jpeg": saved(RGB, "JPEG"),
    "progressive": saved(RGB, "JPEG", progressive=True),
    "cmyk": saved(Image.fromarray(RGB).convert("CMYK"), "JPEG"),
    "png": saved(RGB, "PNG"),
    "webp": saved(RGB, "WEBP"),
    "tiff": saved(RGB, "TIFF"),
    "lzw": saved(RGB, "TIFF", compression="tiff_lzw"),
    "bmp": saved(RGB, "BMP"),
}


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 1])
@pytest.mark.parametrize("name", CUT)
def test_a_file_cut_short_is_never_half_a_picture(name: str, share: float) -> None:
    with pytest.raises(UnreadablePhoto):
        decode(truncated(CUT[name], share), LIMITS)


def test_the_sentence_says_cut_short() -> None:
    for name in ("jpeg", "png", "webp", "bmp"):
        with pytest.raises(UnreadablePhoto, match="cut short"):
            decode(truncated(CUT[name], 0.9), LIMITS)


@pytest.mark.parametrize("name", CUT)
def test_junk_after_the_picture_is_no_fault(name: str) -> None:
    expected = decode(CUT[name], LIMITS).rgb
    assert np.array_equal(decode(CUT[name] + b"junk \xff\xda\xff\xd8" * 500, LIMITS).rgb, expected)


def test_damage_inside_a_jpeg_is_noticed() -> None:
    data = bytearray(CUT["jpeg"])
    data[len(data) // 2 : len(data) // 2 + 2] = b"\xff\xd9"  # libjpeg would fill the rest with grey
    with pytest.raises(UnreadablePhoto):
        decode(bytes(data), LIMITS)


def test_one_flipped_bit_inside_a_png_is_noticed() -> None:
    data = bytearray(CUT["png"])
    data[len(data) // 2] ^= 1
    with pytest.raises(UnreadablePhoto, match="checksum"):
        decode(bytes(data), LIMITS)


def test_harmless_oddities_of_a_jpeg_are_accepted() -> None:
    at = CUT["jpeg"].index(b"\xff\xda")
    stray = CUT["jpeg"][:at] + b"\0\0\0" + CUT["jpeg"][at:]
    assert decode(stray, LIMITS).rgb.shape == RGB.shape


@pytest.mark.parametrize("name", hostile.HOSTILE)
def test_hostile_files_end_in_a_photo_error_and_cost_little(name: str) -> None:
    data = hostile.HOSTILE[name]()
    tracemalloc.start()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        with pytest.raises(PhotoError):
            decode(data, LIMITS)
        python_peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert python_peak < 20_000_000
    assert kilobytes < 100_000 * (1024 if sys.platform == "darwin" else 1)


@pytest.mark.parametrize("bomb", [hostile.png_bomb, hostile.jpeg_bomb, hostile.webp_bomb, hostile.tiff_bomb])
def test_bombs_are_named_as_too_large(bomb: object) -> None:
    with pytest.raises(PhotoTooLarge):
        decode(bomb(), LIMITS)  # type: ignore[operator]


def test_the_limits_are_the_callers_and_not_the_libraries() -> None:
    large = saved(np.zeros((10_000, 9_500), np.uint8), "PNG", compress_level=1)  # Pillow warns from 89.5 million pixels
    assert decode(large, LIMITS).rgb.shape == (10_000, 9_500, 3)
    with pytest.raises(PhotoTooLarge, match="MP"):
        decode(saved(RGB, "PNG"), Limits(pixels=96 * 128 - 1))
    with pytest.raises(PhotoTooLarge, match="MB"):
        decode(saved(RGB, "PNG"), Limits(bytes=100))


@pytest.mark.parametrize("make", [hostile.png_huge_text, hostile.jpeg_huge_metadata])
def test_huge_metadata_does_not_hinder_a_good_picture(make: object) -> None:
    data = make()  # type: ignore[operator]
    tracemalloc.start()
    try:
        assert decode(data, LIMITS).icc is None
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (b"", UnreadablePhoto, "empty"),
        (b"hello, world", UnreadablePhoto, "not a picture"),
        (b"\xff\xd8\xff", UnreadablePhoto, "cut short"),
        (saved(RGB, "GIF"), UnsupportedPhoto, "GIF is not taken"),
        (b"8BPS\0\1", UnsupportedPhoto, "PSD"),
        (b"\0\0\0\x1cftypavis\0\0\0\0", UnsupportedPhoto, "AVIF sequence"),
        (saved(RGB, "PPM"), UnreadablePhoto, "not a picture"),
        (png(0, 5, 8, 2, b""), UnreadablePhoto, "damaged"),
    ],
)
def test_what_is_not_taken_is_named(data: bytes, error: type[PhotoError], words: str) -> None:
    with pytest.raises(error, match=words):
        decode(data, LIMITS)


def test_heic_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(UnsupportedPhoto, match=r"pip install pillow-heif"):
        decode(b"\0\0\0\x1cftypheic\0\0\0\0mif1heic", LIMITS)


@pytest.mark.parametrize("share", [0.02, 0.5, 0.99, 1])
def test_heic_cut_short(share: float) -> None:
    pytest.importorskip("pillow_heif").register_heif_opener()
    with pytest.raises(UnreadablePhoto):
        decode(truncated(saved(RGB, "HEIF"), share), LIMITS)


def test_heic_keeps_alpha_and_obeys_the_limit() -> None:
    pytest.importorskip("pillow_heif").register_heif_opener()
    data = saved(RGBA, "HEIF", quality=95)
    photo = decode(data, LIMITS)
    assert photo.opacity is not None
    assert mean_difference(photo.opacity, RGBA[..., 3]) < 4
    with pytest.raises(PhotoTooLarge):
        decode(data, Limits(pixels=100))


def test_very_wide_pictures_stay_quiet() -> None:
    wide = np.zeros((200, 450_000), np.uint8)  # Pillow's limit of pixels is reached by a crop of it, too
    assert decode(saved(wide, "PNG", compress_level=1), LIMITS).rgb.shape == (200, 450_000, 3)


def test_random_damage_only_raises_photo_errors() -> None:
    rng = np.random.default_rng(3)
    for _ in range(40):
        for good in CUT.values():
            data = np.frombuffer(good, np.uint8).copy()
            reach = min(data.size, 400) if rng.random() < 0.5 else data.size
            data[rng.integers(0, reach, 4)] = rng.integers(0, 256, 4)
            try:
                decode(data.tobytes(), Limits(pixels=1_000_000), to_srgb=True)
            except PhotoError:
                continue


def test_photos_are_decoded_in_parallel_threads() -> None:
    shapes: list[tuple[int, ...]] = []
    threads = [threading.Thread(target=lambda: shapes.append(decode(CUT["lzw"], LIMITS).rgb.shape)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shapes == [RGB.shape] * 8


def test_write_all_puts_every_hostile_file_into_a_folder(tmp_path: Path) -> None:
    paths = hostile.write_all(tmp_path)
    assert {path.name for path in paths} == set(hostile.HOSTILE) == {path.name for path in tmp_path.iterdir()}
    assert Image.open(BytesIO((tmp_path / "animation.gif").read_bytes())).format == "GIF"
