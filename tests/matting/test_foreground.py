from __future__ import annotations

import cv2
import numpy as np
import pytest
from pymatting import estimate_foreground_ml

from matting.foreground import foreground
from matting.photo import U8


def scene(size: int, seed: int = 0) -> tuple[U8, U8, U8]:
    """Photo, alpha and true foreground: a brownish subject with a soft, hairy edge before a loud green ground."""
    rng = np.random.default_rng(seed)
    texture = cv2.resize(rng.normal(0, 20, (size // 20, size // 20, 3)), (size, size), interpolation=cv2.INTER_CUBIC)
    true = np.clip(texture + np.array([120, 80, 60]), 0, 255)
    ground = np.clip(texture[::-1] + np.array([20, 220, 40]), 0, 255)
    mask = np.zeros((size, size), np.uint8)
    cv2.circle(mask, (size // 2, size // 2), size // 4, 255, -1)
    for angle in rng.uniform(0, 2 * np.pi, 300):
        end = (round(size * (0.5 + 0.32 * np.cos(angle))), round(size * (0.5 + 0.32 * np.sin(angle))))
        cv2.line(mask, (size // 2, size // 2), end, 255, 2, cv2.LINE_AA)
    alpha = np.asarray(cv2.GaussianBlur(mask, (0, 0), size / 300), np.uint8)
    share = alpha[..., None] / 255
    return (true * share + ground * (1 - share)).round().astype(np.uint8), alpha, true.round().astype(np.uint8)


def contamination(colours: U8, true: U8, alpha: U8) -> float:
    """Mean error of what is put on another background: colours weighted by alpha, in the band."""
    band = (alpha > 5) & (alpha < 250)
    wrong = np.abs(colours.astype(float) - true).mean(axis=2) * alpha / 255
    return float(wrong[band].mean())


@pytest.mark.parametrize("size", [500, 1600])
def test_the_old_background_leaves_the_edge(size: int) -> None:
    rgb, alpha, true = scene(size)
    got = contamination(foreground(rgb, alpha), true, alpha)
    assert got < 0.4 * contamination(rgb, true, alpha)


def test_it_is_near_the_reference() -> None:
    rgb, alpha, true = scene(700)
    reference = (estimate_foreground_ml(rgb / 255, alpha / 255) * 255).clip(0, 255).astype(np.uint8)
    left_alone = contamination(rgb, true, alpha)
    assert contamination(foreground(rgb, alpha), true, alpha) < contamination(reference, true, alpha) + 0.15 * left_alone


def test_settled_pixels_keep_the_photos_colours_and_the_photo_stays_as_it_is() -> None:
    rgb, alpha, _ = scene(600)
    before = rgb.copy()
    got = foreground(rgb, alpha)
    settled = (alpha == 0) | (alpha == 255)
    np.testing.assert_array_equal(got[settled], rgb[settled])
    np.testing.assert_array_equal(rgb, before)


@pytest.mark.parametrize("shape", [(1, 1), (10, 20000), (511, 513)])
@pytest.mark.parametrize("level", [0, 1, 128, 254, 255])
def test_odd_shapes_of_one_colour_keep_it(shape: tuple[int, int], level: int) -> None:
    rgb = np.full((*shape, 3), (200, 100, 50), np.uint8)
    got = foreground(rgb, np.full(shape, level, np.uint8))
    assert np.abs(got.astype(int) - rgb).max() <= 2
