from __future__ import annotations

import numpy as np
import pytest

from matting.backgrounds.blur import Blur
from matting.backgrounds.colour import Colour
from matting.canvas import on_canvas
from matting.errors import NoPersonFound
from matting.formats.jpeg import JPEG
from matting.framing import Framing, Length
from matting.photo import U8, Box, Limits
from matting.placement import Placement, placement, seen_box
from matting.resample import resampled
from matting.settings import Settings

NOTHING = (Length(), Length(), Length(), Length())


def cutout(box: Box, height: int = 200, width: int = 300) -> U8:
    """Noise in that box, nothing around it."""
    rgba = np.zeros((height, width, 4), np.uint8)
    inside = np.random.default_rng(1).integers(0, 256, (box.height, box.width, 4), np.uint8)
    inside[..., 3] = 255
    rgba[box.top : box.bottom, box.left : box.right] = inside
    return rgba


PERSON = Box(60, 90, 160, 150)
RGBA = cutout(PERSON)
INSIDE = RGBA[60:160, 90:150]


def framed(framing: Framing, settings: Settings | None = None, rgb: U8 | None = None) -> U8:
    pixels, alpha = on_canvas(RGBA, rgb, None, framing, settings or Settings())
    assert alpha.shape == pixels.shape[:2]
    return pixels


def test_what_is_not_asked_for_changes_nothing() -> None:
    np.testing.assert_array_equal(framed(Framing()), RGBA)
    np.testing.assert_array_equal(framed(Framing(position="original", most_pixels=200 * 300)), RGBA)


def test_only_the_region_of_interest_counts() -> None:
    result = framed(Framing(roi=(Length(), Length(80), Length(share=0.4), Length(share=1))))
    np.testing.assert_array_equal(result[80:160, 90:120], RGBA[80:160, 90:120])
    result[80:160, 90:120] = 0
    assert not result.any()
    # corners in any order
    turned = framed(Framing(roi=(Length(share=0.4), Length(share=1), Length(), Length(80))))
    assert seen_box(turned[..., 3]) == Box(80, 90, 160, 120)


@pytest.mark.parametrize("roi", [(5, 5, 5, 50), (5000, 5, 6000, 50), (0, 0, 20, 20)])
def test_a_region_without_anybody_has_no_person(roi: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = map(Length, map(float, roi))
    with pytest.raises(NoPersonFound):
        framed(Framing(roi=(left, top, right, bottom), crop_margin=NOTHING))


def test_a_crop_has_its_margins_on_each_side_and_beyond_the_photo() -> None:
    np.testing.assert_array_equal(framed(Framing(crop_margin=NOTHING)), INSIDE)
    margins = (Length(share=0.1), Length(20), Length(share=0.5), Length(200))
    result = framed(Framing(crop_margin=margins))
    assert result.shape == (10 + 100 + 50, 200 + 60 + 20, 4)
    np.testing.assert_array_equal(result[10:110, 200:260], INSIDE)
    assert seen_box(result[..., 3]) == Box(10, 200, 110, 260)


def test_a_position_shares_out_the_room_beside_the_person() -> None:
    for (across, down), (left, top) in {
        (0, 0): (0, 0),
        (1, 1): (240, 100),
        (0.5, 0.5): (120, 50),
        (0.25, 1): (60, 100),
    }.items():
        result = framed(Framing(position=(across, down)))
        assert result.shape == RGBA.shape
        np.testing.assert_array_equal(result[top : top + 100, left : left + 60], INSIDE)
        assert seen_box(result[..., 3]) == Box(top, left, top + 100, left + 60)


def test_a_scale_is_of_the_picture_and_centred_unless_a_position_is_given() -> None:
    half = framed(Framing(scale=0.25))
    assert half.shape == RGBA.shape and seen_box(half[..., 3]) == Box(75, 135, 125, 165)
    whole = framed(Framing(scale=1.0, position=(0, 0)))
    assert seen_box(whole[..., 3]) == Box(0, 0, 200, 120)
    about = framed(Framing(scale=0.25, position="original"))
    assert seen_box(about[..., 3]) == Box(85, 105, 135, 135)
    kept = framed(Framing(scale=1.0, position="original"))
    assert seen_box(kept[..., 3]) == Box(0, 60, 200, 180)


def test_a_scale_within_a_crop_is_of_the_crop() -> None:
    margin = (Length(50), Length(20), Length(50), Length(20))
    result = framed(Framing(crop_margin=margin, scale=0.5))
    assert result.shape == (200, 100, 4) and seen_box(result[..., 3]) == Box(58, 25, 142, 75)  # 5/6 of its size


@pytest.mark.parametrize("most", [1, 7, 15_000, 59_999, 60_000, 10**9])
def test_a_picture_has_at_most_so_many_pixels_and_is_never_enlarged(most: int) -> None:
    height, width = framed(Framing(most_pixels=most)).shape[:2]
    assert height * width <= min(most, 60_000)
    assert most < 100 or height * width > 0.97 * min(most, 60_000)


def test_no_picture_is_larger_than_a_photo_may_be() -> None:
    margin = (Length(500), Length(500), Length(500), Length(500))
    height, width = framed(Framing(crop_margin=margin), Settings(limits=Limits(pixels=60_000))).shape[:2]
    assert 59_000 < height * width <= 60_000


def test_a_tiny_person_far_away_is_still_a_pixel() -> None:
    alpha = np.zeros((4000, 10), np.uint8)
    alpha[10:40, 9] = 255
    assert placement(alpha, Framing(position=(1, 1), most_pixels=16), 10**9) == Placement(
        Box(10, 9, 40, 10), Box(79, 0, 80, 1), 80, 1
    )


def test_halving_is_the_mean_of_what_can_be_seen() -> None:
    rgba = np.random.default_rng(2).integers(0, 256, (64, 48, 4)).astype(np.uint8)
    rgba[:20, :20, 3] = 0
    result = resampled(rgba, 32, 24)
    cells = rgba.reshape(32, 2, 24, 2, 4).astype(float)
    alpha = cells[..., 3].sum(axis=(1, 3))
    colours = (cells[..., :3] * cells[..., 3:]).sum(axis=(1, 3)) / np.maximum(alpha, 1)[..., None]
    assert np.abs(result[..., 3] - alpha / 4).max() <= 0.51
    seen = result[..., 3] > 0
    assert np.abs(result[..., :3] - colours)[seen].max() <= 0.51
    assert not result[~seen].any()


@pytest.mark.parametrize("size", [(1, 1), (50, 33), (99, 77), (200, 90), (301, 401), (100, 1)])
def test_an_even_colour_stays_what_it_is_at_any_size(size: tuple[int, int]) -> None:
    rgba = np.full((100, 80, 4), (10, 200, 77, 9), np.uint8)
    np.testing.assert_array_equal(resampled(rgba, *size), np.full((*size, 4), (10, 200, 77, 9)))


def test_bands_leave_no_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    rgba = np.random.default_rng(3).integers(0, 256, (333, 222, 4)).astype(np.uint8)
    whole = [resampled(rgba, *size) for size in ((100, 71), (500, 444))]
    monkeypatch.setattr("matting.resample._BAND", 1000)
    for expected in whole:
        found = resampled(rgba, *expected.shape[:2])
        assert np.abs(found.astype(int) - expected).max() <= 1


def test_the_background_fills_the_canvas() -> None:
    red = framed(Framing(position=(0, 0)), Settings(background=Colour((255, 0, 0))))
    np.testing.assert_array_equal(red[:100, :60], INSIDE[..., :3])
    assert (red[100:] == (255, 0, 0)).all() and (red[:, 60:] == (255, 0, 0)).all()
    white = framed(Framing(crop_margin=NOTHING, scale=0.5), Settings(format=JPEG))
    assert white.shape == (100, 60, 3) and (white[0, 0] == 255).all()


def test_the_photos_own_blur_comes_along() -> None:
    rgb = np.full((200, 300, 3), (0, 90, 200), np.uint8)
    margin = (Length(50), Length(200), Length(0), Length(0))
    blurred = framed(Framing(crop_margin=margin), Settings(background=Blur()), rgb)
    assert blurred.shape == (150, 260, 3)
    assert np.abs(blurred[:50].astype(int) - (0, 90, 200)).max() <= 2


@pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf"), 2e6])
def test_lengths_out_of_range_are_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="out of range"):
        Length(wrong)
    with pytest.raises(ValueError, match="out of range"):
        Length(share=wrong)


def test_framings_out_of_range_are_refused() -> None:
    for margin in (Length(501), Length(share=0.51)):
        with pytest.raises(ValueError, match="margin"):
            Framing(crop_margin=(Length(), margin, Length(), Length()))
    for scale in (0.09, 1.01, float("nan")):
        with pytest.raises(ValueError, match="scale"):
            Framing(scale=scale)
    for share in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="position"):
            Framing(position=(0, share))
    with pytest.raises(ValueError, match="pixel"):
        Framing(most_pixels=0)
