from __future__ import annotations

import tracemalloc
from io import BytesIO

import cv2
import numpy as np
import pytest
from PIL import Image

from matting.formats.png import write_png
from tests.matting.hostile import picture


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (96, 128), (1100, 1000), (2, 600_000)])
def test_pixels_come_back_exactly_in_two_strict_readers(size: tuple[int, int], channels: int) -> None:
    pixels = picture(*size, channels)
    if channels == 1:
        pixels = pixels[:, :, 0]
    data = write_png(pixels)
    image = Image.open(BytesIO(data))
    image.verify()  # all checksums
    assert np.array_equal(np.asarray(Image.open(BytesIO(data))), pixels)
    theirs = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert theirs is not None
    if channels > 1:
        theirs = theirs[..., [2, 1, 0, 3][:channels]]
    assert np.array_equal(theirs, pixels)


def test_views_that_are_not_contiguous() -> None:
    pixels = picture(channels=4)[::2, ::-1]
    assert np.array_equal(np.asarray(Image.open(BytesIO(write_png(pixels)))), pixels)


def test_memory_is_bounded_by_the_output_and_a_band() -> None:
    pixels = np.zeros((3000, 4000, 4), np.uint8)
    pixels[1000:2000, 1000:3000] = picture(1000, 2000, 4)
    tracemalloc.start()
    try:
        data = write_png(pixels)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2 * len(data) + 8_000_000 < pixels.nbytes
