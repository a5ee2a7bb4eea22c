"""Each kernel, as plain C++, against its reference in NumPy, over shapes and settings that are hard on it."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

from matting.cuda.device import NULL, Buffer
from matting.cuda.reference.resize import CELL
from matting.cuda.steps import gaussian
from tests.matting.cuda.host import HostDevice
from tests.matting.cuda.pair import SIBLINGS, SIGNATURES, Pair

# height, width
SHAPES = [(1, 1), (1, 9), (9, 1), (2, 2), (5, 7), (33, 61), (64, 48), (3, 4096)]
ALPHAS = ["all 0", "all 1", "edge", "blocks", "noise"]
random = np.random.default_rng(7)
START = random.bit_generator.state


@pytest.fixture(autouse=True)
def the_same_numbers_whichever_tests_run() -> None:
    random.bit_generator.state = START


class Bench:
    """Arrays into the device's memory, and a kernel over them. `launch` compares."""

    def __init__(self, device: HostDevice) -> None:
        self.device, self.pair = device, Pair(device)

    def __call__(self, kernel: str, columns: int, rows: int, *arguments: Any) -> None:
        placed = [self.place(each) if isinstance(each, np.ndarray) else each for each in arguments]
        self.pair.launch(kernel, columns, rows, *placed)

    def place(self, array: np.ndarray) -> Buffer:
        buffer = self.device.allocate(array.nbytes)
        self.device.upload(buffer, np.ascontiguousarray(array).reshape(-1).view(np.uint8))
        return buffer


@pytest.fixture
def bench(device: HostDevice) -> Bench:
    return Bench(device)


def levels(*shape: int) -> np.ndarray:
    return random.integers(0, 256, shape, np.uint8)


def alpha_of(kind: str, *shape: int) -> np.ndarray:
    """0..255: nothing, everything, a soft edge from left to right, blocks of nothing and everything, or noise."""
    if kind == "edge":
        return np.broadcast_to(np.clip(np.linspace(-255, 510, shape[1]), 0, 255), shape).astype(np.uint8)
    if kind == "blocks":
        rows, columns = np.indices(shape) // 8
        return np.asarray((rows + columns) % 2 * 255, np.uint8)
    return levels(*shape) if kind == "noise" else np.full(shape, 255 if kind == "all 1" else 0, np.uint8)


def unit(kind: str, *shape: int) -> np.ndarray:
    return alpha_of(kind, *shape).astype(np.float32) / 255


def out(*shape: int, dtype: Any = np.float32) -> np.ndarray:
    return np.full(shape, 7, dtype)  # what is not written must stay


def test_every_kernel_has_a_sibling_of_the_same_signature() -> None:
    assert len(SIGNATURES) == 21
    for kernel, parameters in SIGNATURES.items():
        assert list(inspect.signature(SIBLINGS[kernel]).parameters) == [each.name for each in parameters], kernel


@pytest.mark.parametrize(("height", "width"), SHAPES)
def test_halve(bench: Bench, height: int, width: int) -> None:
    bench("halve", width, height, levels(2 * height, 2 * width, 3), out(height, width, 3, dtype=np.uint8), height, width)


@pytest.mark.parametrize(
    "pair", [(1, 1), (7, 7), (7, 3), (3, 2), (9, 3), (4096, 512), (4096, 511), (769, 512), (16383, 4096), (4096, 4095)]
)
def test_cells(bench: Bench, pair: tuple[int, int]) -> None:
    bench("cells", pair[1] + 3, 2, np.zeros(pair[1] + 3, CELL), *pair)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("whole", "small"),
    [
        ((1, 1), (1, 1)), ((9, 1), (4, 1)), ((1, 9), (1, 4)), ((6, 9), (4, 6)), ((6, 9), (2, 3)), ((8, 6), (4, 3)),
        ((61, 33), (61, 32)), ((61, 33), (7, 11)), ((100, 75), (67, 50)), ((5, 4096), (3, 512)), ((5, 4096), (5, 1025)),
        ((3000, 3), (512, 1)), ((60, 90), (20, 30)), ((5, 4096), (5, 4095)), ((1001, 2), (1000, 2)), ((64, 64), (16, 32)),
    ],
)  # fmt: skip
def test_area(bench: Bench, whole: tuple[int, int], small: tuple[int, int], channels: int) -> None:
    stride, sides = whole[1] + 5, []
    for source, to in zip(whole, small, strict=True):
        sides.append(bench.place(np.zeros(to, CELL)))
        bench("cells", to, 1, sides[-1], source, to)
    photo, result = levels(whole[0], stride, channels), out(*small, channels, dtype=np.uint8)
    bench("area", small[1], small[0], photo, stride, *whole, *sides, result, *small, channels)


@pytest.mark.parametrize(
    ("small", "large"),
    [((1, 1), (512, 512)), ((1, 3), (9, 4)), ((307, 257), (512, 512)), ((100, 100), (512, 512)), ((511, 512), (512, 512)),
     ((3, 4), (3, 4096)), ((512, 1), (512, 2)), ((200, 151), (701, 467))],
)  # fmt: skip
def test_enlarge(bench: Bench, small: tuple[int, int], large: tuple[int, int]) -> None:
    """(307, 257) is the photo whose first and last row were once 1 level off, and its matte 6: OpenCV mixes those rows with
    themselves."""
    bench("enlarge", large[1], large[0], levels(*small, 3), *small, out(*large, 3, dtype=np.uint8), *large)


@pytest.mark.parametrize("interleaved", [0, 1])
@pytest.mark.parametrize(("height", "width"), SHAPES)
def test_normalise(bench: Bench, height: int, width: int, interleaved: int) -> None:
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 58.4)
    tensor, place = out(3, height + 4, width + 6), (height + 4, width + 6, 1, 4)
    bench("normalise", width, height, levels(height, width, 3), height, width, tensor, *place, interleaved, *mean, *std)


@pytest.mark.parametrize(("height", "width"), SHAPES)
def test_undo_box(bench: Bench, height: int, width: int) -> None:
    output = random.normal(0.5, 1, (height + 5, width + 3)).astype(np.float32)
    bench("undo_box", width, height, output, width + 3, 2, 1, out(height, width), height, width)


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize(("height", "width"), SHAPES)
class TestGuided:
    def test_unsure_and_widen(self, bench: Bench, height: int, width: int, alpha: str) -> None:
        found = bench.place(out(height, width, dtype=np.uint8))
        bench("unsure", width, height, unit(alpha, height, width), found, height, width)
        bench("widen", width, height, found, out(height, width, dtype=np.uint8), height, width)

    @pytest.mark.parametrize("guide", ["noise", "flat", "grey"])
    def test_solve_and_functions(self, bench: Bench, height: int, width: int, alpha: str, guide: str) -> None:
        """Flat and grey guides have windows whose covariance is singular but for EPSILON."""
        if guide == "grey":
            colours = np.repeat(levels(height, width, 1), 3, axis=2)
        else:
            colours = levels(height, width, 3) if guide == "noise" else np.full((height, width, 3), 90, np.uint8)
        matte, band = unit(alpha, height, width), (levels(height, width) > 200).astype(np.uint8)
        a, planes = bench.place(out(3, height, width)), out(4, height, width)
        bench("solve", width, height, colours, matte, band, a, height, width)
        bench("functions", width, height, colours, matte, band, a, planes, height, width)

    @pytest.mark.parametrize("threshold", [0, 10, 50])
    def test_evaluate(self, bench: Bench, height: int, width: int, alpha: str, threshold: int) -> None:
        low = (max(1, height // 3), max(1, width // 3))
        planes = np.stack([random.normal(0, 0.5, low), random.normal(0, 0.5, low), random.normal(0, 0.5, low),
                           unit(alpha, *low) * 255]).astype(np.float32)  # fmt: skip
        rgb, result = levels(height, width, 3), out(height, width, dtype=np.uint8)
        bench("evaluate", width, height, planes, *low, rgb, result, height, width, threshold)


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize(("height", "width"), SHAPES)
class TestControls:
    @pytest.mark.parametrize("radius", [1, 2, 3, 4, 5])
    def test_erode(self, bench: Bench, height: int, width: int, alpha: str, radius: int) -> None:
        matte, result = alpha_of(alpha, height, width), out(height, width, dtype=np.uint8)
        bench("erode", width, height, matte, result, height, width, radius)

    @pytest.mark.parametrize("feather", [0.1, 1.0, 7.5, 100.0])
    def test_feather(self, bench: Bench, height: int, width: int, alpha: str, feather: float) -> None:
        weights, soft = bench.place(gaussian(feather)), bench.place(out(height, width, dtype=np.uint16))
        reach = len(gaussian(feather)) - 1
        bench("feather_rows", width, height, alpha_of(alpha, height, width), soft, height, width, weights, reach)
        result = out(height, width, dtype=np.uint8)
        bench("feather_columns", width, height, soft, result, height, width, weights, reach)


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize(("height", "width"), SHAPES)
class TestColours:
    @pytest.mark.parametrize("background", [0, 1])
    def test_weighing(self, bench: Bench, height: int, width: int, alpha: str, background: int) -> None:
        matte, weighted = alpha_of(alpha, height, width), out(4, height, width)
        bench("weigh_photo", width, height, levels(height, width, 3), matte, weighted, height, width, background)
        planes = levels(3, height, width).astype(np.float32)
        bench("weigh_planes", width, height, planes, matte, weighted, height, width, background)

    def test_divide_and_correct(self, bench: Bench, height: int, width: int, alpha: str) -> None:
        weighted = np.stack(
            [levels(height, width) * unit(alpha, height, width) for _ in range(3)] + [unit(alpha, height, width)]
        )
        front, back = bench.place(out(3, height, width)), levels(3, height, width).astype(np.float32)
        bench("divide", width, height, weighted.astype(np.float32), front, height, width)
        matte = alpha_of(alpha, height, width)
        bench("correct", width, height, front, back, levels(height, width, 3), matte, height, width)

    @pytest.mark.parametrize("veiled", [False, True])
    @pytest.mark.parametrize("behind", [None, (255.0, 0.0, 128.0)])
    def test_compose(
        self, bench: Bench, height: int, width: int, alpha: str, veiled: bool, behind: tuple[float, ...] | None
    ) -> None:
        stride, low = width + 3, (max(1, height // 4), max(1, width // 4))
        around = levels(6, *low).astype(np.float32)
        veil = levels(height, stride) if veiled else NULL
        colour = (0, 0.0, 0.0, 0.0) if behind is None else (1, *behind)
        photo, result = (
            (levels(height, stride, 3), alpha_of(alpha, height, stride), veil),
            out(height, width, 4, dtype=np.uint8),
        )
        bench("compose", width, height, *photo, stride, around, *low, result, height, width, *colour)


@pytest.mark.parametrize("side", [6, 90])
@pytest.mark.parametrize(("height", "width"), SHAPES)
def test_box_means(bench: Bench, height: int, width: int, side: int) -> None:
    planes, rows = levels(4, height, width).astype(np.float32), 4 * height
    bench("box_rows", width, rows, planes, out(4, height, width), rows, width, side)
    bench("box_columns", width, rows, planes, out(4, height, width), rows, height, width, side)
