from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from matting.photo import F32
from matting.temporal import UNCOVERED, error, flicker, trails


def box(left: int) -> F32:
    alpha = np.zeros((20, 60), np.float32)
    alpha[5:15, left : left + 10] = 1
    return alpha


MOVING = [box(5 * n) for n in range(8)]


def test_a_perfect_matte_has_no_fault() -> None:
    assert (flicker(MOVING, MOVING), error(MOVING, MOVING), trails(MOVING, MOVING)) == (0, 0, 0)


def test_a_steady_error_is_an_error_but_no_flicker() -> None:
    off = [alpha * np.float32(0.5) for alpha in [box(5)] * 4]
    assert flicker(off, [box(5)] * 4) == 0
    assert error(off, [box(5)] * 4) == pytest.approx(1000 * 0.5 * 100 / 1200)


def test_flicker_is_the_root_mean_square_of_the_change_too_many() -> None:
    truth = [np.full((4, 4), 0.5, np.float32)] * 5
    restless = [alpha + np.float32(0.1 if n % 2 else -0.1) for n, alpha in enumerate(truth)]
    assert flicker(restless, truth) == pytest.approx(20, rel=1e-5)


def test_trails_are_what_is_left_where_the_person_was() -> None:
    dragged = [MOVING[0]] + [np.maximum(new, old * np.float32(0.3)) for old, new in pairwise(MOVING)]
    assert trails(dragged, MOVING) > 50
    frozen = [MOVING[0]] * 4
    assert trails(frozen, [MOVING[0]] + [box(40)] * 3) == pytest.approx(1000)


def test_a_trail_counts_for_so_many_frames_and_no_longer() -> None:
    truth = [box(0)] + [box(40)] * (UNCOVERED + 5)
    late = [box(40)] * (UNCOVERED + 1) + [box(0)] * 5
    assert trails(late, truth) == 0


def test_where_nobody_moved_there_is_no_figure_and_uneven_sequences_are_refused() -> None:
    assert math.isnan(trails([box(5)] * 3, [box(5)] * 3))
    with pytest.raises(ValueError, match="zip"):
        flicker(MOVING, MOVING[1:])
