from __future__ import annotations

from io import BytesIO

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from matting.backgrounds.base import Background
from matting.backgrounds.blur import Blur
from matting.backgrounds.colour import WHITE, Colour
from matting.backgrounds.image import ImageBackground
from matting.backgrounds.none import NoBackground
from matting.composite import backdrop, composite, crop_box, cropped, with_opacity
from matting.formats.jpeg import JPEG
from matting.formats.png import PNG
from matting.photo import U8, Box, Photo


def matte(height: int = 200, width: int = 160) -> U8:
    mask = np.zeros((height, width), np.uint8)
    cv2.ellipse(mask, (width // 2, height // 2), (width // 4, height // 3), 0, 0, 360, 255, -1)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), 3), np.uint8)


def noise(height: int = 200, width: int = 160) -> U8:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def test_transparent_keeps_colours_where_there_is_alpha_and_nothing_elsewhere() -> None:
    alpha, rgb = matte(), noise()
    result = composite(rgb, alpha, None)
    np.testing.assert_array_equal(result[..., 3], alpha)
    assert not result[alpha == 0].any()
    np.testing.assert_array_equal(result[alpha > 0][:, :3], rgb[alpha > 0])


def test_a_colour_is_mixed_by_alpha() -> None:
    alpha, rgb = matte(), noise()
    behind = backdrop(Photo(rgb), alpha, Colour((10, 200, 255)), PNG)
    share = alpha[..., None] / 255
    expected = rgb * share + np.array([10, 200, 255]) * (1 - share)
    assert np.abs(composite(rgb, alpha, behind) - expected).max() <= 0.51


def test_jpeg_without_a_background_is_white_behind() -> None:
    alpha, rgb = matte(), noise()
    behind = backdrop(Photo(rgb), alpha, NoBackground(), JPEG)
    result = composite(rgb, alpha, behind)
    assert result.shape == (200, 160, 3) and (result[alpha == 0] == 255).all()
    assert backdrop(Photo(rgb), alpha, NoBackground(), PNG) is None


def test_opacity_of_the_photo_is_respected() -> None:
    alpha = matte()
    opacity = np.full_like(alpha, 128)
    opacity[:100] = 0
    result = with_opacity(alpha, opacity)
    assert not result[:100].any()
    assert np.abs(result[100:] - alpha[100:] * (128 / 255)).max() <= 0.51
    assert with_opacity(alpha, None) is alpha


def test_a_picture_covers_centred_without_distortion() -> None:
    picture = np.zeros((100, 300, 3), np.uint8)
    picture[:, 100:200] = 255
    behind = backdrop(Photo(noise(50, 50)), matte(50, 50), ImageBackground(picture), PNG)
    assert behind is not None and behind.shape == (50, 50, 3) and (behind == 255).all()
    tall = backdrop(Photo(noise(400, 20)), matte(400, 20), ImageBackground(picture), PNG)
    assert tall is not None and tall.shape == (400, 20, 3) and (tall == 255).all()


@pytest.mark.parametrize("size", [(200, 160), (1500, 1100)])
def test_the_blur_has_no_halo_of_the_person(size: tuple[int, int]) -> None:
    alpha = matte(*size)
    share = alpha[..., None] / 255
    rgb = (np.array([255, 0, 0]) * share + np.array([0, 90, 200]) * (1 - share)).round().astype(np.uint8)
    behind = backdrop(Photo(rgb), alpha, Blur(), PNG)
    assert behind is not None
    assert np.abs(behind.astype(int) - (0, 90, 200)).max() <= 6


def test_the_blur_blurs() -> None:
    behind = backdrop(Photo(noise(400, 400)), matte(400, 400), Blur(), PNG)
    assert behind is not None and behind[:60].std() < 20


def test_colours_are_meant_as_srgb_also_for_a_photo_of_another_space() -> None:
    lab = ImageCms.createProfile("LAB")
    assert lab is not None
    icc = _wide_profile()
    alpha = matte()
    behind = backdrop(Photo(noise(), icc=icc), alpha, Colour((0, 255, 0)), PNG)
    assert behind is not None
    back = ImageCms.profileToProfile(
        Image.fromarray(behind), ImageCms.ImageCmsProfile(BytesIO(icc)), ImageCms.createProfile("sRGB")
    )
    assert tuple(behind[0, 0]) != (0, 255, 0)
    assert np.abs(np.asarray(back).astype(int) - (0, 255, 0)).max() <= 4


def _wide_profile() -> bytes:
    """sRGB with its red and blue primaries swapped: as unlike sRGB as a small test profile can be."""
    icc = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    tags = {bytes(icc[132 + 12 * k : 136 + 12 * k]): 132 + 12 * k for k in range(int.from_bytes(icc[128:132], "big"))}
    red, blue = tags[b"rXYZ"], tags[b"gXYZ"]
    icc[red + 4 : red + 12], icc[blue + 4 : blue + 12] = icc[blue + 4 : blue + 12], icc[red + 4 : red + 12]
    return bytes(icc).replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be")).replace(b"sRGB built", b"swap built")


@pytest.mark.parametrize("shape", [(1, 1), (10, 20000), (513, 511)])
@pytest.mark.parametrize("background", [NoBackground(), WHITE, Blur(), ImageBackground(noise(7, 5))], ids=type)
@pytest.mark.parametrize("level", [0, 255])
def test_odd_shapes(shape: tuple[int, int], background: Background, level: int) -> None:
    rgb, alpha = noise(*shape), np.full(shape, level, np.uint8)
    result = composite(rgb, alpha, backdrop(Photo(rgb), alpha, background, PNG))
    assert result.shape[:2] == shape
    if level == 255:
        np.testing.assert_array_equal(result[..., :3], rgb)


def test_crop_is_the_subject_and_its_margin_within_the_frame() -> None:
    alpha = np.zeros((1000, 2000), np.uint8)
    alpha[300:700, 900:1100] = 255
    assert crop_box(alpha, 0) == Box(300, 900, 700, 1100)
    assert crop_box(alpha, 0.1) == Box(260, 860, 740, 1140)
    assert crop_box(alpha, 1) == Box(0, 500, 1000, 1500)
    assert cropped(alpha, crop_box(alpha, 0)).all()


def test_specks_do_not_widen_the_crop_but_a_second_person_does() -> None:
    alpha = np.zeros((1000, 2000), np.uint8)
    alpha[300:700, 900:1100] = 255
    alpha[5:25, 5:25] = 255
    assert crop_box(alpha, 0) == Box(300, 900, 700, 1100)
    alpha[350:650, 1500:1600] = 255
    assert crop_box(alpha, 0) == Box(300, 900, 700, 1600)


def test_a_matte_without_a_subject_keeps_the_frame() -> None:
    assert crop_box(np.full((30, 40), 100, np.uint8), 0.5) == Box(0, 0, 30, 40)
