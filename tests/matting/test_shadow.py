"""Shop pictures: a canvas of a fixed size, and the shadow below what stands on it."""

from __future__ import annotations

import numpy as np
import pytest

from edge.config.options import Options
from edge.config.settings import settings_for
from matting.canvas import on_canvas
from matting.framing import Framing
from matting.photo import U8, Limits
from matting.placement import seen_box
from matting.shadow import with_shadow


def standing(height: int = 600, width: int = 400, bottom: int = 540) -> U8:
    """A red post from row 60 to `bottom`, 80 wide."""
    rgba = np.zeros((height, width, 4), np.uint8)
    rgba[60:bottom, 160:240] = (200, 20, 20, 255)
    return rgba


def nothing() -> U8:
    raise AssertionError("no picture is asked for")


def test_the_subject_fills_its_share_of_the_canvas_in_the_middle() -> None:
    settings = settings_for(Options(canvas=(1000, 1000), subject=0.8), nothing, Limits())
    assert settings.framing is not None
    pixels, alpha = on_canvas(standing(), None, None, settings.framing, settings)
    assert pixels.shape == (1000, 1000, 4)
    box = seen_box(alpha)
    assert box.height == pytest.approx(800, abs=4)
    assert (box.top + box.bottom) / 2 == pytest.approx(500, abs=3)
    assert (box.left + box.right) / 2 == pytest.approx(500, abs=3)


def test_a_small_photo_is_enlarged_twice_at_most() -> None:
    framing = Framing(canvas=(4000, 4000))
    _, alpha = on_canvas(standing(), None, None, framing, settings_for(Options(), nothing, Limits()))
    assert seen_box(alpha).height == pytest.approx(960, abs=4)


def test_the_shadow_lies_at_the_foot_and_nowhere_else() -> None:
    rgba = standing()
    shaded = with_shadow(rgba, 0.5)
    assert np.array_equal(shaded[:400], rgba[:400])
    assert np.array_equal(shaded[540 - 30 : 530, 165:235], rgba[540 - 30 : 530, 165:235]), "not on the person"
    below = shaded[541:548, 200, 3]
    assert (below > 30).all()
    assert tuple(shaded[544, 200, :3]) == (0, 0, 0)
    assert shaded[544, 20, 3] == 0
    assert shaded[599, 200, 3] < below.max()


def test_who_is_cut_off_below_has_no_shadow() -> None:
    cut_off = standing(bottom=600)
    assert np.array_equal(with_shadow(cut_off, 0.5), cut_off)
    settings = settings_for(Options(canvas=(800, 800), shadow=0.5), nothing, Limits())
    assert settings.framing is not None
    pixels, alpha = on_canvas(cut_off, None, None, settings.framing, settings)
    assert np.array_equal(pixels[..., 3], alpha)
    pixels, alpha = on_canvas(standing(), None, None, settings.framing, settings)
    assert (pixels[..., 3] > alpha).any()


@pytest.mark.parametrize("wrong", [{"canvas": (5, 100)}, {"canvas": (9000, 100)}, {"shadow": 1.5}])
def test_out_of_range_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"canvas|shadow"):
        Framing(**wrong)  # type: ignore[arg-type]
