"""AVIF: what is in it, upright and within the limits; and files that say to be small."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, features

from matting.avif_items import avif_items, coded_area
from matting.decode import decode
from matting.errors import PhotoError, PhotoTooLarge, UnreadablePhoto, UnsupportedPhoto
from matting.photo import Limits
from tests.matting.hostile import picture, saved, truncated

pytestmark = pytest.mark.skipif(
    "avif" not in features.modules or not features.check_module("avif"), reason="this Pillow has no decoder of AVIF"
)
LIMITS = Limits()
RGB, RGBA = picture(96, 128), picture(96, 128, channels=4)


def test_colours_alpha_and_profile_are_kept() -> None:
    photo = decode(saved(RGBA, "AVIF", quality=95, subsampling="4:4:4", icc_profile=b"no profile"), LIMITS)
    assert photo.opacity is not None
    assert np.abs(photo.opacity.astype(int) - RGBA[..., 3]).mean() < 4
    shown = RGBA[..., 3] > 200
    assert np.abs(photo.rgb.astype(int) - RGBA[..., :3])[shown].mean() < 8
    assert photo.icc is None
    assert decode(saved(Image.fromarray(RGB).convert("L"), "AVIF"), LIMITS).rgb.shape == RGB.shape


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_it_stands_upright_and_tells_of_its_camera(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[271] = orientation, "Canon"
    photo = decode(saved(RGB, "AVIF", quality=95, exif=exif.tobytes()), LIMITS)
    wanted = np.rot90(RGB, {1: 0, 3: 2, 6: 3, 8: 1}[orientation])
    assert photo.rgb.shape == wanted.shape
    assert np.abs(photo.rgb.astype(int) - wanted).mean() < 12
    assert photo.about is not None and b"Canon" in photo.about


def test_the_limit_is_looked_at_before_pixels_are_made() -> None:
    with pytest.raises(PhotoTooLarge):
        decode(saved(RGB, "AVIF"), Limits(pixels=RGB.shape[0] * RGB.shape[1] - 1))


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9, 0.99])
def test_cut_short(share: float) -> None:
    with pytest.raises(UnreadablePhoto):
        decode(truncated(saved(RGB, "AVIF"), share), LIMITS)


def test_a_small_picture_whose_coded_one_is_huge_is_refused_unseen() -> None:
    flat = Image.new("RGB", (2048, 2048), (90, 90, 90))
    data = bytearray(saved(flat, "AVIF", speed=10))
    assert avif_items(bytes(data)).work() == 2048 * 2048
    at = data.index(b"ispe")
    data[at + 8 : at + 16] = (64).to_bytes(4, "big") * 2
    with Image.open(BytesIO(bytes(data))) as image:
        assert image.size == (64, 64), "or this test tells nothing"
    with pytest.raises(PhotoTooLarge, match="made of 4 MP"):
        decode(bytes(data), Limits(pixels=1_000_000))


def test_frames_that_may_have_a_size_of_their_own_count_as_large_as_they_could_say() -> None:
    frames = [Image.new("RGB", (200, 120), (level, level, level)) for level in (0, 200)]
    moving = saved(frames[0], "AVIF", save_all=True, append_images=frames[1:])
    assert moving[4:12] == b"ftypavis"
    area = coded_area(moving[moving.index(b"mdat") + 4 :])
    assert 200 * 120 <= area <= 256 * 128
    with pytest.raises(UnsupportedPhoto, match="AVIF sequence"):
        decode(moving, LIMITS)


def test_random_damage_only_raises_photo_errors() -> None:
    rng, good = np.random.default_rng(3), np.frombuffer(saved(RGBA, "AVIF"), np.uint8)
    for _ in range(150):
        data = good.copy()
        data[rng.integers(0, 500 if rng.random() < 0.7 else data.size, 3)] = rng.integers(0, 256, 3)
        try:
            decode(data.tobytes(), Limits(pixels=1_000_000), to_srgb=True)
        except PhotoError:
            continue
