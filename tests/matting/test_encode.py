from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageCms

from matting.decode import decode
from matting.encode import encode, encode_mask
from matting.errors import SettingsError, UnsupportedPhoto
from matting.formats.base import Format
from matting.formats.jpeg import JPEG
from matting.formats.png import PNG
from matting.formats.registry import find_format, format_names, register_format
from matting.formats.tiff import TIFF
from matting.formats.webp import WEBP
from matting.photo import Limits
from tests.matting.hostile import picture

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
RGB, RGBA = picture(), picture(channels=4)
FORMATS = [PNG, WEBP, JPEG, TIFF]


@pytest.mark.parametrize("format", [PNG, TIFF])
@pytest.mark.parametrize("pixels", [RGB, RGBA], ids=["rgb", "rgba"])
def test_lossless_formats_come_back_exactly(format: Format, pixels: np.ndarray) -> None:
    data = encode(pixels, format, None, None)
    assert np.array_equal(np.asarray(Image.open(BytesIO(data))), pixels)
    photo = decode(data, Limits())
    ours = photo.rgb if photo.opacity is None else np.dstack([photo.rgb, photo.opacity])
    assert np.array_equal(ours, pixels)


def test_webp_keeps_alpha_exactly_and_colour_nearly() -> None:
    image = np.asarray(Image.open(BytesIO(encode(RGBA, WEBP, None, None))))
    assert np.array_equal(image[..., 3], RGBA[..., 3])
    seen = RGBA[..., 3] > 0
    assert np.abs(image[..., :3].astype(int) - RGBA[..., :3])[seen].mean() < 8


def test_jpeg_keeps_full_colour_resolution() -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2, 0] = 255  # one pixel wide: subsampled colour would blend them
    image = np.asarray(Image.open(BytesIO(encode(stripes, JPEG, None, None))))
    assert np.abs(image.astype(int) - stripes).mean() < 12


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("length", [len(SRGB), 200_000])
def test_profile_and_resolution_reach_other_programs(format: Format, length: int) -> None:
    icc = SRGB.ljust(length, b"\0")  # long ones take several JPEG segments
    image = Image.open(BytesIO(encode(RGB, format, icc, (300, 200))))
    image.load()
    assert image.size == (128, 96)
    assert image.info["icc_profile"] == icc
    if format is not WEBP:
        assert image.info["dpi"] == pytest.approx((300, 200), abs=0.02)


@pytest.mark.parametrize("format", FORMATS)
def test_profile_and_resolution_survive_the_whole_way(format: Format) -> None:
    source = decode(encode(RGB, PNG, SRGB, (240, 240)), Limits())
    photo = decode(encode(source.rgb, format, source.icc, source.dpi), Limits())
    assert photo.icc == SRGB
    if format is not WEBP:
        assert photo.dpi == pytest.approx((240, 240), abs=0.5)


@pytest.mark.parametrize("format", FORMATS)
def test_without_profile_and_resolution_none_are_invented(format: Format) -> None:
    photo = decode(encode(RGB, format, None, None), Limits())
    assert photo.icc is None
    assert photo.dpi is None


@pytest.mark.parametrize("format", FORMATS)
def test_views_and_odd_sizes(format: Format) -> None:
    for pixels in (RGB[::2, ::-1], RGB[:1, :1], RGB[:, 3:4]):
        assert Image.open(BytesIO(encode(pixels, format, None, None))).size == pixels.shape[1::-1]


def test_mask_is_grey() -> None:
    image = Image.open(BytesIO(encode_mask(RGBA[..., 3])))
    assert image.mode == "L"
    assert np.array_equal(np.asarray(image), RGBA[..., 3])


def test_alpha_is_refused_for_jpeg() -> None:
    with pytest.raises(SettingsError, match="no transparency"):
        encode(RGBA, JPEG, None, None)


def test_unknown_format_is_refused() -> None:
    with pytest.raises(SettingsError, match="png, webp, jpeg, tiff"):
        find_format("gif")


@pytest.mark.parametrize(("format", "side"), [(WEBP, 16_384), (JPEG, 65_501)])
def test_sides_that_the_format_cannot_hold_are_refused(format: Format, side: int) -> None:
    for shape in ((side, 1, 3), (1, side, 3)):
        with pytest.raises(UnsupportedPhoto, match="choose png"):
            encode(np.zeros(shape, np.uint8), format, None, None)


def test_every_format_has_a_suffix() -> None:
    assert [find_format(name).suffix for name in format_names()] == [".png", ".webp", ".jpg", ".tif", ".png", ".zip"]


def test_a_format_goes_by_its_aliases_and_in_capitals() -> None:
    assert [find_format(name) for name in ("jpg", "JPEG", " Jpg ", "tif", "PNG")] == [JPEG, JPEG, JPEG, TIFF, PNG]


@pytest.mark.parametrize("names", [("png",), ("jpg",), ("photo", "jpeg")])
def test_a_name_is_given_to_one_format_only(names: tuple[str, ...]) -> None:
    with pytest.raises(SettingsError, match="already"):
        register_format(Format(names[0], ".x", PNG.encode, aliases=names[1:]))
    assert format_names() == ("png", "webp", "jpeg", "tiff", "alpha", "zip")
