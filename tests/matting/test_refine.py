from __future__ import annotations

import cv2
import numpy as np
import pytest

from matting.photo import F32, U8, Photo
from matting.refine import refine
from matting.upsample import enlarged, tiles


def strands(size: int, seed: int = 3) -> tuple[U8, F32]:
    """A disc with fine hair before a textured ground: photo and true alpha (0..1)."""
    rng = np.random.default_rng(seed)
    ground = cv2.resize(rng.normal(150, 35, (size // 40, size // 40, 3)), (size, size), interpolation=cv2.INTER_CUBIC)
    mask = np.zeros((size, size), np.uint8)
    cv2.circle(mask, (size // 2, size // 2), size // 4, 255, -1, cv2.LINE_AA)
    for angle in rng.uniform(0, 2 * np.pi, 500):
        turned = angle + rng.normal(0, 0.2)
        ways = ((0.24, angle), (0.33, turned))
        start, end = ((round(size / 2 + size * r * np.cos(a)), round(size / 2 + size * r * np.sin(a))) for r, a in ways)
        cv2.line(mask, start, end, 255, max(1, size // 700), cv2.LINE_AA)
    alpha = mask.astype(np.float32) / np.float32(255)
    hair = np.array([60, 45, 35], np.float32)
    rgb = hair * alpha[..., None] + ground * (1 - alpha[..., None]) + rng.normal(0, 2, (size, size, 3))
    return np.clip(rgb, 0, 255).astype(np.uint8), alpha


def seen_by_network(alpha: F32, blur: float) -> F32:
    small = cv2.resize(alpha, (512, 512), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), blur) if blur else small, np.float32)


@pytest.mark.parametrize(("size", "blur", "at_most"), [(1400, 0.0, 0.6), (1400, 1.0, 0.93), (3000, 1.0, 0.9)])
def test_hair_is_nearer_to_the_truth_than_bicubic(size: int, blur: float, at_most: float) -> None:
    rgb, truth = strands(size)
    small = seen_by_network(truth, blur)
    band = cv2.dilate(((truth > 0.02) & (truth < 0.98)).astype(np.uint8), np.ones((11, 11), np.uint8)) > 0
    bicubic = np.clip(cv2.resize(small, (size, size), interpolation=cv2.INTER_CUBIC), 0, 1)
    error = np.abs(refine(small, Photo(rgb)) / 255 - truth)[band].mean()
    assert error < at_most * np.abs(bicubic - truth)[band].mean()


def test_away_from_the_edge_the_matte_is_exactly_empty_or_full() -> None:
    rgb, truth = strands(1500)
    small = np.clip(seen_by_network(truth, 1.0) + np.random.default_rng(0).uniform(-0.01, 0.01, (512, 512)), 0, 1)
    result = refine(small.astype(np.float32), Photo(rgb))
    assert not result[:150].any()
    assert (result[650:850, 650:850] == 255).all()


def test_made_small_again_it_is_the_networks_matte() -> None:
    rgb, truth = strands(2048)
    small = seen_by_network(truth, 1.0)
    again = cv2.resize(refine(small, Photo(rgb)), (512, 512), interpolation=cv2.INTER_AREA) / 255
    assert np.abs(again - small).mean() < 0.006


def test_a_photo_without_any_texture_gets_a_smooth_edge() -> None:
    small = np.clip((np.arange(64, dtype=np.float32) - 30) / 6, 0, 1)[None].repeat(64, 0)
    result = refine(np.ascontiguousarray(small), Photo(np.full((640, 640, 3), 90, np.uint8)))
    assert (np.diff(result[320].astype(int)) >= 0).all()
    assert np.abs(np.diff(result[320].astype(int))).max() < 10


@pytest.mark.parametrize(("photo", "small"), [((1, 1), (512, 512)), ((10, 20000), (1, 512)), ((20000, 10), (512, 1)),
                                             ((511, 513), (512, 512)), ((300, 200), (512, 512))])  # fmt: skip
@pytest.mark.parametrize("level", [0.0, 1.0])
def test_odd_sizes(photo: tuple[int, int], small: tuple[int, int], level: float) -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (*photo, 3), np.uint8)
    result = refine(np.full(small, level, np.float32), Photo(rgb))
    assert result.shape == photo and result.dtype == np.uint8
    assert (result == 255 * level).all()


@pytest.mark.parametrize(("height", "width"), [(300, 517), (40, 33), (5, 1000)])
def test_tiles_enlarge_as_opencv_does_to_the_whole(height: int, width: int) -> None:
    plane = np.random.default_rng(2).normal(size=(40, 33)).astype(np.float32)
    whole = cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR)
    for tile in tiles(height, width):
        got = enlarged(plane[None], tile, height, width)[0]
        np.testing.assert_allclose(got, whole[tile.top : tile.bottom, tile.left : tile.right], atol=1e-3)
