from __future__ import annotations

import numpy as np
import pytest

from matting import controls
from matting.errors import NoPersonFound, SettingsError
from matting.model import PresenceSpec
from matting.photo import U8, Controls


def disc(size: int = 200, radius: float = 60, soft: float = 6) -> U8:
    y, x = np.mgrid[:size, :size] - size / 2
    return np.asarray(np.clip((radius - np.hypot(x, y)) / soft * 127.5 + 127.5, 0, 255), np.uint8)


def test_controls_that_change_nothing_give_the_same_array() -> None:
    alpha = disc()
    assert controls.apply(alpha, Controls()) is alpha


def test_threshold_clears_up_to_its_value_and_leaves_the_rest() -> None:
    alpha = np.arange(256, dtype=np.uint8).reshape(16, 16)
    result = controls.apply(alpha, Controls(threshold=20))
    assert not result[alpha <= 20].any()
    np.testing.assert_array_equal(result[alpha > 20], alpha[alpha > 20])


@pytest.mark.parametrize("values", [(0, 1, 0.0), (0, 5, 0.0), (30, 2, 0.0)])
def test_threshold_and_erosion_only_take_away(values: tuple[int, int, float]) -> None:
    alpha = disc()
    original = alpha.copy()
    result = controls.apply(alpha, Controls(*values))
    assert (result <= alpha).all() and result.sum() < alpha.sum()
    np.testing.assert_array_equal(alpha, original)


def test_each_erosion_step_takes_more_and_moves_the_edge_by_its_pixels() -> None:
    alpha = np.zeros((100, 100), np.uint8)
    alpha[20:80, 20:80] = 255
    for step in range(6):
        result = controls.apply(alpha, Controls(erode=step))
        assert result[50].nonzero()[0][0] == 20 + step


def test_the_order_is_threshold_erosion_feather() -> None:
    alpha = np.zeros((60, 60), np.uint8)
    alpha[10:50, 10:50] = 255
    alpha[10:50, 49] = 25
    separately = controls.apply(controls.apply(controls.apply(alpha, Controls(30)), Controls(0, 2)), Controls(0, 0, 3.0))
    together = controls.apply(alpha, Controls(30, 2, 3.0))
    np.testing.assert_array_equal(together, separately)
    assert np.count_nonzero(together) > np.count_nonzero(controls.apply(alpha, Controls(30, 2)))
    assert 0 < together[together > 0].min() <= 30  # the feather's own faint values were not thresholded away


def test_feather_softens_the_edge_on_both_sides_and_nothing_else() -> None:
    alpha = np.zeros((80, 80), np.uint8)
    alpha[:, 40:] = 255
    result = controls.apply(alpha, Controls(feather=4.0))
    assert (result[:, :30] == 0).all() and (result[:, 50:] == 255).all()
    assert 0 < result[40, 38] < 128 < result[40, 41] < 255
    assert result[0, 79] == 255  # cut by the frame, so no edge there


def test_the_frames_border_is_no_edge_for_erosion() -> None:
    assert (controls.apply(np.full((30, 20), 255, np.uint8), Controls(5, 5, 2.0)) == 255).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (513, 511)])
def test_odd_shapes_and_empty_mattes(shape: tuple[int, int]) -> None:
    for level in (0, 255):
        alpha = np.full(shape, level, np.uint8)
        np.testing.assert_array_equal(controls.apply(alpha, Controls(50, 5, 9.0)), alpha)


def test_every_value_out_of_range_is_named_with_its_range() -> None:
    with pytest.raises(SettingsError) as caught:
        controls.checked(Controls(51, -1, 101.0))
    for part in ("threshold 51 (0 to 50)", "erode -1 (0 to 5)", "feather 101.0 (0 to 100)"):
        assert part in str(caught.value)
    with pytest.raises(SettingsError):
        controls.checked(Controls(feather=float("nan")))


def test_nobody_is_told_from_somebody() -> None:
    spec = PresenceSpec(min_coverage=0.01, min_peak=0.9)
    alpha = np.zeros((100, 100), np.float32)
    with pytest.raises(NoPersonFound, match=r"no person found: 0\.00%"):
        controls.check_presence(alpha, spec)
    alpha[:20] = 0.7
    with pytest.raises(NoPersonFound, match=r"certainty of 0\.70"):
        controls.check_presence(alpha, spec)
    alpha[:10] = 1
    controls.check_presence(alpha, spec)
