"""The passes in C against their siblings in NumPy, on frames of all shapes; and a photo's bands on several cores."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from matting import foreground, native, refine
from matting.bands import bands, cores, on_cores, side_by_side
from matting.composite import composite
from matting.formats.png import write_png
from matting.photo import U8, Photo

SHAPES = [(1, 1), (1, 700), (700, 1), (3, 5), (65, 129), (128, 128), (333, 517), (1200, 900), (90, 2000)]
needs_native = pytest.mark.skipif(not native.available(), reason="not compiled for this machine")


def scene(height: int, width: int, low: tuple[int, int] = (64, 48)) -> tuple[Photo, np.ndarray]:
    """Noise, and a matte (0..1) of a blob with soft and hard edges at the network's size."""
    random = np.random.default_rng((height, width))
    rgb = random.integers(0, 256, (height, width, 3)).astype(np.uint8)
    rows, columns = np.ogrid[0 : low[0], 0 : low[1]]
    distance = np.hypot((rows - low[0] * 0.55) / low[0], (columns - low[1] * 0.4) / low[1])
    matte = np.clip((0.35 - distance) * np.where(columns > low[1] // 2, 200, 8), 0, 1).astype(np.float32)
    return Photo(rgb), matte


def differs(one: U8, other: U8) -> int:
    assert one.shape == other.shape
    return int(np.abs(one.astype(int) - other.astype(int)).max())


@needs_native
@pytest.mark.parametrize(("height", "width"), SHAPES)
def test_the_matte_at_full_size_is_the_siblings(height: int, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    photo, matte = scene(height, width)
    with on_cores(3):
        compiled = refine.refine(matte, photo)
    monkeypatch.setattr(native, "available", lambda: False)
    assert differs(compiled, refine.refine(matte, photo)) <= 1


@needs_native
@pytest.mark.parametrize(("height", "width"), SHAPES)
def test_the_persons_own_colours_are_the_siblings(height: int, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    photo, matte = scene(height, width)
    alpha = np.asarray(cv2.resize(matte, (width, height)) * 255, np.uint8)
    with on_cores(3):
        compiled = foreground.foreground(photo.rgb, alpha)
    monkeypatch.setattr(native, "available", lambda: False)
    assert differs(compiled, foreground.foreground(photo.rgb, alpha)) <= 1


@needs_native
@pytest.mark.parametrize(("height", "width"), SHAPES)
@pytest.mark.parametrize("one_colour", [True, False])
def test_what_is_behind_is_the_siblings(height: int, width: int, one_colour: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng((height, width))
    front = random.integers(0, 256, (height, width, 3)).astype(np.uint8)
    alpha = random.choice(np.array([0, 1, 90, 254, 255], np.uint8), (height, width))
    behind = random.integers(0, 256, (1, 1, 3) if one_colour else front.shape).astype(np.uint8)
    with on_cores(3):
        compiled = composite(front, alpha, behind)
    assert np.array_equal(compiled[alpha == 255], front[alpha == 255])
    assert np.array_equal(compiled[alpha == 0], np.broadcast_to(behind, front.shape)[alpha == 0])
    monkeypatch.setattr(native, "available", lambda: False)
    assert differs(compiled, composite(front, alpha, behind)) <= 1


@needs_native
def test_a_matte_without_an_edge_keeps_the_photo() -> None:
    photo, _ = scene(100, 80)
    for level in (0, 255):
        alpha = np.full((100, 80), level, np.uint8)
        assert np.array_equal(foreground.foreground(photo.rgb, alpha), photo.rgb)


@pytest.mark.parametrize("shape", [(1, 1), (5, 7), (700, 500, 3), (1300, 900, 4), (2, 300_000, 4)])
def test_a_png_is_the_same_file_on_any_number_of_cores(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(5).integers(0, 40, shape).astype(np.uint8)
    alone = write_png(pixels)
    with on_cores(5):
        assert write_png(pixels) == alone
    with Image.open(io.BytesIO(alone)) as image:
        assert np.array_equal(np.asarray(image), pixels)


def test_a_part_of_a_photo_may_be_held_to_one_core() -> None:
    with on_cores(4):
        with on_cores(1):
            assert cores() == 1
        assert cores() == 4
    assert cores() == 1


def test_bands_hold_each_row_once_and_come_in_order() -> None:
    assert bands(0, 4) == [] and bands(9, 4) == [(0, 4), (4, 8), (8, 9)]
    with on_cores(4):
        assert list(side_by_side(lambda band: band[0], bands(1000, 7))) == list(range(0, 1000, 7))


def test_what_fails_in_a_band_fails_the_photo() -> None:
    def fails(band: tuple[int, int]) -> None:
        if band[0] == 8:
            raise MemoryError("no room")

    with on_cores(2), pytest.raises(MemoryError):
        list(side_by_side(fails, bands(100, 4)))
