"""matting.quality against definitions written out a second time."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from matting.photo import F32
from matting.quality import Mask, Quality, compare, connectivity_error, mean, unknown_band


def person(shift: float = 0.0, noise: float = 0.0) -> F32:
    """A soft-edged disc of 96x80 px, moved right by `shift` px, with noise on it."""
    y, x = np.mgrid[0:96, 0:80]
    alpha = 1 / (1 + np.exp((np.hypot(y - 50, x - 40 - shift) - 25) / 2))
    alpha += np.random.default_rng(3).normal(0, noise, alpha.shape) if noise else 0
    return np.asarray(np.clip(alpha, 0, 1), np.float32)


def gauss_grad(alpha: F32) -> F32:
    smooth = cv2.GaussianBlur(alpha, (0, 0), 1.4)
    return np.asarray(np.hypot(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)))


@pytest.mark.parametrize(("shift", "noise"), [(2, 0), (0, 0.1), (-5, 0.05)])
def test_agrees_with_the_scoring_script(shift: float, noise: float) -> None:
    p, g = person(shift, noise), person()
    d = np.abs(p - g)
    u = cv2.dilate(((g > 0.02) & (g < 0.98)).astype(np.uint8), np.ones((11, 11))) > 0
    q = compare(p, g)
    assert [q.mad, q.mse, q.edge_mad, q.grad, q.sad, q.iou] == [
        d.mean() * 1e3,
        pytest.approx((d**2).mean() * 1e3, rel=1e-12),
        d[u].mean() * 1e3,
        ((gauss_grad(p) - gauss_grad(g)) ** 2).sum() / 1e3,
        d.sum() / 1e3,
        ((p > 0.5) & (g > 0.5)).sum() / ((p > 0.5) | (g > 0.5)).sum(),
    ]
    assert q.edge_sad == pytest.approx(d[u].sum() / 1e3)
    assert q.edge_mse == pytest.approx((d[u] ** 2).mean() * 1e3)
    assert q.psnr == pytest.approx(10 * math.log10(1 / (d**2).mean()), rel=1e-5)


def test_equal_mattes() -> None:
    q = compare(person(), person())
    assert (q.mad, q.mse, q.sad, q.grad, q.conn, q.edge_mad) == (0, 0, 0, 0, 0, 0)
    assert q.psnr == math.inf
    assert q.iou == 1


def test_band_reaches_five_pixels_beyond_the_soft_edge() -> None:
    true = np.zeros((40, 40), np.float32)
    true[20, 20] = 0.5
    band = unknown_band(true)
    assert band[15:26, 15:26].all()
    assert band.sum() == 11 * 11


def test_no_unknown_band() -> None:
    hard = np.zeros((20, 20), np.float32)
    q = compare(hard + np.float32(0.1), hard)
    assert math.isnan(q.edge_mad)
    assert math.isnan(q.edge_mse)
    assert (q.edge_sad, q.edge_grad, q.edge_conn) == (0, 0, 0)
    assert q.mad == pytest.approx(100)


def naive_connectivity(predicted: F32, true: F32) -> F32:
    """Rhemann 2009, by flood fill in plain Python."""
    level = np.full(true.shape, -1.0)
    for step in range(1, 11):
        both = (predicted >= np.float32(step / 10)) & (true >= np.float32(step / 10))
        outside = ~largest(both)
        level[(level == -1) & outside] = (step - 1) / 10
    level[level == -1] = 1
    degrees = []
    for alpha in (predicted, true):
        gap = alpha - level
        degrees.append(1 - np.where(gap >= 0.15, gap, 0))
    return np.asarray(np.abs(degrees[0] - degrees[1]), np.float32)


def largest(mask: Mask) -> Mask:
    todo = {(y, x) for y, x in np.argwhere(mask).tolist()}
    best: set[tuple[int, int]] = set()
    while todo:
        region, front = set(), [todo.pop()]
        while front:
            y, x = front.pop()
            region.add((y, x))
            near = {(y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)} & todo
            todo -= near
            front.extend(near)
        best = max(best, region, key=len)
    out = np.zeros_like(mask)
    for y, x in best:
        out[y, x] = True
    return out


def test_connectivity_by_hand_and_by_flood_fill() -> None:
    true = np.zeros((8, 12), np.float32)
    true[:, :6] = 1
    island = true.copy()
    island[3:5, 9:11] = 0.8
    error = connectivity_error(island, true)
    assert error[3:5, 9:11] == pytest.approx(np.full((2, 2), 0.8))
    assert error.sum() == pytest.approx(3.2)
    p, g = person(3, 0.1)[20:80:2, ::2], person(0, 0.05)[20:80:2, ::2]
    assert connectivity_error(p, g) == pytest.approx(naive_connectivity(p, g), abs=1e-5)


def test_mean_leaves_out_photos_without_a_band() -> None:
    hard = np.zeros((20, 20), np.float32)
    hard[:10] = 1
    one, two = compare(person(2), person()), compare(hard * 0.5, hard)
    both = mean([one, two])
    assert isinstance(both, Quality)
    assert both.mad == pytest.approx((one.mad + two.mad) / 2)
    assert both.edge_mad == one.edge_mad
    assert math.isnan(mean([two]).edge_mad)


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        compare(person()[:-1], person())
