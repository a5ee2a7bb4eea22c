from __future__ import annotations

import numpy as np
import pytest

from matting.model import InputSpec
from matting.network_input import network_input, undo
from matting.photo import Photo


def spec(fit: str = "stretch", layout: str = "NCHW", height: int = 512, width: int = 512) -> InputSpec:
    return InputSpec("input", height, width, layout, (127.5,) * 3, (127.5,) * 3, fit)  # type: ignore[arg-type]


def photo(height: int, width: int, colour: tuple[int, int, int] = (255, 0, 128)) -> Photo:
    return Photo(np.full((height, width, 3), colour, np.uint8))


@pytest.mark.parametrize("size", [(1, 1), (10, 20000), (20000, 10), (511, 513), (2, 3), (4000, 1700)])
@pytest.mark.parametrize("fit", ["stretch", "letterbox"])
def test_any_size_keeps_its_colour_and_finds_its_way_back(size: tuple[int, int], fit: str) -> None:
    tensor, geometry = network_input(photo(*size), spec(fit))
    assert tensor.shape == (1, 3, 512, 512) and tensor.dtype == np.float32
    inside = [undo(plane, geometry) for plane in tensor[0]]
    assert inside[0].shape == (geometry.box.height, geometry.box.width)
    for plane, level in zip(inside, (255, 0, 128), strict=True):
        np.testing.assert_allclose(plane, level / 127.5 - 1, atol=1e-5)


def test_a_banner_is_letterboxed_even_where_the_network_stretches() -> None:
    tensor, geometry = network_input(photo(500, 2000), spec("stretch"))
    assert (geometry.box.height, geometry.box.width) == (128, 512)
    assert not tensor[:, :, : geometry.box.top].any()
    assert network_input(photo(500, 1400), spec("stretch"))[1].box.height == 512


def test_letterbox_keeps_the_aspect_in_an_input_that_is_no_square() -> None:
    _, geometry = network_input(photo(900, 600), spec("letterbox", height=256, width=384))
    assert (geometry.box.height, geometry.box.width) == (256, 171)


def test_shrinking_averages_instead_of_picking_pixels() -> None:
    rgb = np.zeros((2048, 2048, 3), np.uint8)
    rgb[::2, ::2] = 255
    for pixels in (rgb, rgb[:2046, :2045], rgb[:, :1300]):
        tensor, _ = network_input(Photo(np.ascontiguousarray(pixels)), spec())
        level = (tensor[0] + 1) * 127.5
        assert abs(float(level.mean()) - 255 / 4) < 2
        assert float(level.std()) < 20


def test_one_axis_may_shrink_while_the_other_grows() -> None:
    rgb = np.zeros((400, 1100, 3), np.uint8)
    rgb[:, ::2] = 255
    tensor, _ = network_input(Photo(rgb), spec())
    assert float(((tensor + 1) * 127.5).std()) < 60


def test_nhwc_is_the_transpose() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (300, 200, 3), np.uint8)
    first, _ = network_input(Photo(rgb), spec())
    last, _ = network_input(Photo(rgb), spec(layout="NHWC"))
    np.testing.assert_array_equal(first[0].transpose(1, 2, 0), last[0])
