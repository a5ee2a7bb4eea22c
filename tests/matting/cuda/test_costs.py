"""The costs on paper against what the kernels, as C++, really write, and what `Steps` really launches."""

from __future__ import annotations

import ctypes
from collections import Counter

import numpy as np
import pytest

from matting.cuda.batch import Task
from matting.cuda.costs import COPIES, COSTS, launches
from matting.cuda.device import Argument, Buffer
from matting.cuda.gpu_thread import GpuThread
from matting.model import ModelSpec
from matting.photo import Controls, Photo
from tests.matting.cuda.host import HostDevice
from tests.matting.cuda.pair import SIGNATURES
from tests.matting.cuda.test_gpu_thread import HostNetwork, bright, person

SIZES = [(701, 467), (307, 257), (1400, 1024), (40, 700)]
# `correct` reads what it writes, and `normalise` needs the padding around what it writes.
NOT_REFILLED = {"correct", "normalise"}


def test_every_kernel_has_its_cost() -> None:
    assert set(COSTS) == set(SIGNATURES)


class Weighed(HostDevice):
    """Runs every kernel over two fillings of its results: a byte that both runs leave alike was written."""

    def __init__(self, library: ctypes.CDLL) -> None:
        super().__init__(library)
        self.written: list[tuple[str, int]] = []

    def launch(self, kernel: str, columns: int, rows: int, *arguments: Argument) -> None:
        places = [
            each
            for each, parameter in zip(arguments, SIGNATURES[kernel], strict=True)
            if parameter.written and isinstance(each, Buffer)
        ]
        if kernel not in NOT_REFILLED:
            self._fill(places, 0x00)
            super().launch(kernel, columns, rows, *arguments)
            first = [ctypes.string_at(place.pointer, place.bytes) for place in places]
            self._fill(places, 0xFF)
        super().launch(kernel, columns, rows, *arguments)
        if kernel not in NOT_REFILLED:
            again = [ctypes.string_at(place.pointer, place.bytes) for place in places]
            alike = [np.frombuffer(a, np.uint8) == np.frombuffer(b, np.uint8) for a, b in zip(first, again, strict=True)]
            self.written.append((kernel, sum(int(each.sum()) for each in alike)))

    def _fill(self, places: list[Buffer], value: int) -> None:
        for place in places:
            ctypes.memset(place.pointer, value, place.bytes)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_what_is_written_on_paper_is_written(library: ctypes.CDLL, model: ModelSpec, height: int, width: int) -> None:
    device, controls = Weighed(library), Controls(10, 2, 1.0)
    gpu_thread = GpuThread(model, lambda: device, lambda _: HostNetwork(model, bright))
    photo = Photo(np.ascontiguousarray(person(height, width)))
    gpu_thread.submit(Task(photo, controls, None, None, None, lambda stage: None)).result(60)
    gpu_thread.close()
    paper = [each for each in launches(height, width, model.input, controls) if each.name not in COPIES]
    expected = [(each.name, round(each.written)) for each in paper if each.name not in NOT_REFILLED]
    assert [name for name, _ in device.written] == [name for name, _ in expected]
    for (name, written), (_, counted) in zip(device.written, expected, strict=True):
        assert written == counted, name


def test_the_photo_crosses_the_memory_bus_once_each_way(model: ModelSpec) -> None:
    height, width = 3000, 4000
    copies = Counter[str]()
    for each in launches(height, width, model.input):
        if each.name in COPIES:
            copies[each.name] += round(each.written)
    mattes = 4 * model.input.height * model.input.width
    assert copies == {"upload": 3 * height * width, "download": 4 * height * width + mattes, "clear": 3 * mattes}
