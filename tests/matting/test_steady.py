"""A disc stands for the person: before a wall with sensor noise, its matte with the unrest of a network at the edge."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from matting import temporal
from matting.photo import F32, U8
from matting.steady import Steady

SIZE, FPS = 128, 15


def disc(x: int) -> F32:
    """True alpha with a soft edge."""
    drawn = np.zeros((SIZE, SIZE), np.float32)
    cv2.circle(drawn, (x, SIZE // 2), 24, 1.0, -1)
    return np.asarray(cv2.GaussianBlur(drawn, (0, 0), 2), np.float32)


def picture(alpha: F32, random: np.random.Generator, person: float = 60.0, noise: float = 1.5) -> U8:
    clean = alpha * person + (1 - alpha) * 170
    return np.clip(np.rint(clean + random.normal(0, noise, alpha.shape)), 0, 255).astype(np.uint8)


def unsure(alpha: F32, random: np.random.Generator) -> F32:
    """The matte of a network that cannot make up its mind where the edge is."""
    unrest = cv2.GaussianBlur(random.normal(0, 1, alpha.shape), (0, 0), 3) * 2
    return np.asarray(np.clip(alpha + unrest * 2 * alpha * (1 - alpha), 0, 1), np.float32)


def steadied(truth: list[F32], mattes: list[F32], **look: float) -> list[F32]:
    random, steady = np.random.default_rng(2), Steady()
    seen = zip(mattes, (picture(alpha, random, **look) for alpha in truth), strict=True)
    return [steady(matte, grey, n / FPS) for n, (matte, grey) in enumerate(seen)]


def test_a_person_who_stands_still_flickers_less_and_is_no_less_right() -> None:
    random = np.random.default_rng(1)
    truth = [disc(64)] * 30
    raw = [unsure(alpha, random) for alpha in truth]
    found = steadied(truth, raw)
    assert temporal.flicker(raw, truth) > 1, "there is something to steady"
    assert temporal.flicker(found[8:], truth[8:]) < temporal.flicker(raw[8:], truth[8:]) / 3
    assert temporal.error(found, truth) < temporal.error(raw, truth)


@pytest.mark.parametrize("step", [1, 3, 8, 50])
def test_who_moves_leaves_no_trail_however_fast(step: int) -> None:
    truth = [disc(x) for x in [30] * 10 + [min(30 + step * n, 98) for n in range(1, 70 // step + 3)]]
    found = steadied(truth, truth)
    assert temporal.trails(found, truth) - temporal.trails(truth, truth) < 2, "of 1000"
    assert np.abs(found[-1] - truth[-1]).max() < 0.05


def test_who_goes_leaves_nothing_even_before_a_wall_of_their_own_colour() -> None:
    """The picture does not change then: that the network changes its mind altogether, in two frames, must be enough."""
    truth = [disc(64)] * 10 + [disc(-60)] * 2
    found = steadied(truth, truth, person=170.0)
    assert found[-1].max() < 0.01


@pytest.mark.parametrize("lost", [slice(None), slice(56, 72)])
def test_a_single_frame_that_loses_the_person_or_a_part_of_the_person_is_not_seen(lost: slice) -> None:
    truth = [disc(64)] * 20
    raw = [alpha.copy() for alpha in truth]
    for n in (4, 8, 12, 19):
        raw[n][lost, lost] = 0
    found = steadied(truth, raw)
    assert temporal.flicker(raw, truth) > 2, "there is something to steady"
    assert temporal.flicker(found, truth) < 0.1


def test_a_noisy_camera_is_steadied_and_one_that_turns_is_not_averaged() -> None:
    random, truth = np.random.default_rng(1), [disc(64)] * 20
    raw = [unsure(alpha, random) for alpha in truth]
    found = steadied(truth, raw, noise=4.0)
    assert temporal.flicker(found[8:], truth[8:]) < temporal.flicker(raw[8:], truth[8:]) / 2
    steady, rows = Steady(), np.random.default_rng(3).integers(0, 255, (SIZE, SIZE * 2)).astype(np.uint8)
    for n in range(10):
        newest = unsure(disc(64), random)
        given = steady(newest, np.ascontiguousarray(rows[:, 5 * n : 5 * n + SIZE]), n / FPS)
    assert np.allclose(given, newest, atol=1e-6)


@pytest.mark.parametrize("elapsed", [0.0, -1.0, 1.5])
def test_a_frame_that_says_nothing_about_the_next_is_forgotten(elapsed: float) -> None:
    steady, grey = Steady(), np.full((SIZE, SIZE), 90, np.uint8)
    steady(disc(64), grey, 100.0)
    fainter = disc(64) * np.float32(0.9)
    assert np.array_equal(steady(fainter, grey, 100.0 + elapsed), fainter)
    smaller = np.ascontiguousarray(fainter[::2])
    assert np.array_equal(steady(smaller, np.ascontiguousarray(grey[::2]), 100.1), smaller)


def test_mattes_stay_mattes_and_what_is_given_stays_as_it_is() -> None:
    random, steady = np.random.default_rng(1), Steady()
    for n in range(10):
        matte, grey = unsure(disc(60 + n), random), picture(disc(60 + n), random)
        before = matte.copy(), grey.copy()
        given = steady(matte, grey, n / FPS)
        assert given.dtype == np.float32 and given.shape == matte.shape
        assert given.min() >= 0 and given.max() <= 1
        assert np.array_equal(matte, before[0]) and np.array_equal(grey, before[1])
