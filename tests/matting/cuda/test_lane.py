"""The whole way of a photo over kernels, memory and lane, on the stand-in of host.py, beside the CPU's way."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from io import BytesIO

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data

from matting.cuda.device import Device
from matting.cuda.lane import Finished, Lane, Task
from matting.cuda.work import GpuWork
from matting.engines.onnx_cpu import OnnxCpuEngine
from matting.errors import EngineError, GpuLost, NoPersonFound, OutOfMemory
from matting.model import ModelSpec
from matting.photo import Background, Controls, Photo, Settings
from matting.pipeline import CutOut, cut, cut_with
from tests.matting.cuda.host import HostDevice

STAGES = ["decode", "prepare", "infer", "refine", "controls", "foreground", "composite", "encode"]


class OnnxNetwork:
    """onnxruntime as `DeviceNetwork`: a real network, in the stand-in's memory. `gate` holds runs back."""

    batches = (1, 4)

    def __init__(self, engine: OnnxCpuEngine, model: ModelSpec) -> None:
        self._engine, self._size = engine, (model.input.height, model.input.width)
        self.ran: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.begun = threading.Event()

    def enqueue(self, batch: int, input_pointer: int, output_pointer: int, stream: int) -> None:
        self.ran.append(batch)
        self.begun.set()
        assert self.gate.wait(30)
        size = self._size[0] * self._size[1]
        tensors = np.ctypeslib.as_array((ctypes.c_float * (batch * 3 * size)).from_address(input_pointer))
        mattes = np.ctypeslib.as_array((ctypes.c_float * (batch * size)).from_address(output_pointer))
        for slot, tensor in enumerate(tensors.reshape(batch, 1, 3, *self._size)):
            mattes[slot * size : (slot + 1) * size] = self._engine.infer(tensor.copy()).ravel()

    def close(self) -> None:
        self.gate.set()


@pytest.fixture
def network(engine: OnnxCpuEngine, model: ModelSpec) -> OnnxNetwork:
    return OnnxNetwork(engine, model)


@pytest.fixture
def lane(device: HostDevice, network: OnnxNetwork, model: ModelSpec) -> Iterator[Lane]:
    lane = Lane(model, lambda: device, lambda _: network)
    yield lane
    network.gate.set()
    lane.close()


def person(height: int, width: int) -> np.ndarray:
    shrinks = height * width < 512 * 512
    return cv2.resize(data.astronaut(), (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)


def file(pixels: np.ndarray) -> bytes:
    out = BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def shown(result: CutOut) -> np.ndarray:
    """The pixels, colours times alpha: those under an alpha of 0 or 1 are seen by nobody."""
    pixels = np.asarray(Image.open(BytesIO(result.output))).astype(float)
    if pixels.shape[2] == 4:
        pixels[..., :3] *= pixels[..., 3:] / 255
    return pixels


def task(pixels: np.ndarray) -> Task:
    return Task(Photo(np.ascontiguousarray(pixels)), Controls(), None, None, None, lambda stage: None)


GREY = np.repeat(person(700, 500).mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)
VEILED = np.dstack([person(512, 512), np.linspace(0, 255, 512 * 512).reshape(512, 512).astype(np.uint8)])
WIDE = np.pad(person(512, 512), ((0, 0), (400, 900), (0, 0)), constant_values=128)
SAMPLES = [
    (person(512, 512), Settings(mask=True)),
    (person(701, 467), Settings(Controls(0, 2, 3.0))),
    (person(1201, 901), Settings(Controls(10, 1, 1.0), mask=True)),
    (person(307, 257), Settings()),
    (GREY, Settings()),
    (VEILED, Settings(mask=True)),
    (WIDE, Settings(crop=0.05)),
    (WIDE, Settings(Controls(10, 1, 1.0), Background("colour", (255, 0, 255)), crop=0.0, mask=True)),
    (VEILED, Settings(background=Background("blur"), mask=True)),
    (WIDE, Settings(background=Background("picture", picture=person(300, 400)), crop=0.1)),
]


@pytest.mark.parametrize(("pixels", "settings"), SAMPLES)
def test_a_cut_out_equals_the_cpus(
    pixels: np.ndarray, settings: Settings, lane: Lane, model: ModelSpec, engine: OnnxCpuEngine
) -> None:
    """Alpha within 1 level and colours as they show (times alpha) within 2, but for one pixel in 5,000: roundings differ, and
    a pixel beside a threshold may fall to its other side."""
    stages: list[str] = []
    ours, theirs = cut_with(file(pixels), settings, GpuWork(lane), stages.append), cut(file(pixels), settings, engine, model)
    assert stages == STAGES == list(ours.stage_ms)
    assert (ours.size, ours.suffix, ours.mask is None) == (theirs.size, theirs.suffix, theirs.mask is None)
    assert ours.coverage == pytest.approx(theirs.coverage, abs=1e-4)
    away = np.abs(shown(ours) - shown(theirs)).max(axis=2) > 2.0
    assert away.mean() < 2e-4, f"{away.sum()} pixels differ"
    if ours.mask is not None and theirs.mask is not None:
        masks = [np.asarray(Image.open(BytesIO(mask))).astype(int) for mask in (ours.mask, theirs.mask)]
        assert (np.abs(masks[0] - masks[1]) > 1).mean() < 1e-4


def test_what_waits_is_packed_into_a_batch_and_one_photo_is_begun_at_once(lane: Lane, network: OnnxNetwork) -> None:
    network.gate.clear()
    first = lane.submit(task(person(300, 300)))
    assert network.begun.wait(30)
    rest = [lane.submit(task(person(300 + i, 280))) for i in range(5)]
    network.gate.set()
    shapes = [answer.result(60).rgba.shape[0] for answer in [first, *rest]]
    assert network.ran == [1, 4, 1]
    assert shapes == [300, 300, 301, 302, 303, 304]


def batch(lane: Lane, network: OnnxNetwork, photos: list[np.ndarray]) -> list[Future[Finished]]:
    """Hand all in while the lane is held up by another photo."""
    network.gate.clear()
    network.begun.clear()
    held = lane.submit(task(person(100, 100)))
    assert network.begun.wait(30)
    answers = [lane.submit(task(photo)) for photo in photos]
    network.gate.set()
    held.exception(60)
    return answers


def test_photos_of_a_batch_get_their_own_mattes(lane: Lane, network: OnnxNetwork) -> None:
    photos = [person(400, 300), person(333, 512)[:, ::-1], WIDE, GREY]
    alone = [lane.submit(task(photo)).result(60).rgba for photo in photos]
    for answer, expected in zip(batch(lane, network, photos), alone, strict=True):
        np.testing.assert_array_equal(answer.result(60).rgba, expected)
    assert network.ran[-1] == 4


def test_an_error_of_one_photo_is_that_photos_alone(lane: Lane, network: OnnxNetwork, device: HostDevice) -> None:
    small = person(300, 300)
    for answer in batch(lane, network, [small] * 4):
        expected = answer.result(60).rgba
    device.most_bytes = sum(array.size for array in device.arrays.values())
    good, empty, large, last = batch(lane, network, [small, np.full((300, 300, 3), 90, np.uint8), person(3000, 2500), small])
    np.testing.assert_array_equal(good.result(60).rgba, expected)
    with pytest.raises(NoPersonFound):
        empty.result(60)
    with pytest.raises(OutOfMemory):
        large.result(60)
    np.testing.assert_array_equal(last.result(60).rgba, expected)
    device.most_bytes = None
    assert lane.submit(task(person(512, 400))).result(60).rgba.shape == (512, 400, 4)


@pytest.mark.parametrize("kernel", ["normalise", "evaluate", "compose", "synchronize"])
def test_a_lost_gpu_fails_all_that_wait_and_all_that_come(
    kernel: str, lane: Lane, network: OnnxNetwork, device: HostDevice
) -> None:
    network.gate.clear()
    first = lane.submit(task(person(300, 300)))
    assert network.begun.wait(30)
    waiting = [lane.submit(task(person(300, 300))) for _ in range(6)]
    device.lost_at = kernel
    network.gate.set()
    for answer in waiting:
        with pytest.raises(GpuLost, match="injected"):
            answer.result(60)
    assert first.exception(60) is None or isinstance(first.exception(), GpuLost)
    with pytest.raises(GpuLost, match="injected"):
        lane.submit(task(person(300, 300)))


def test_nothing_is_allocated_for_photos_no_larger_than_one_before(lane: Lane, device: HostDevice) -> None:
    work, settings = GpuWork(lane), Settings(Controls(5, 1, 2.0), crop=0.1)
    sizes = [(150, 120), (90, 130), (120, 150)]
    for height, width in sizes:
        work.pixels(Photo(person(height, width)), settings, lambda stage: None)
    before = (device.allocations, sum(array.size for array in device.arrays.values()))
    for turn in range(100):
        work.pixels(Photo(person(*sizes[turn % 3])), settings, lambda stage: None)
    assert (device.allocations, sum(array.size for array in device.arrays.values())) == before


def test_many_threads_share_one_lane(lane: Lane, network: OnnxNetwork) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda side: lane.submit(task(person(side, side))).result(60).rgba.shape, range(300, 312)))
    assert answers == [(side, side, 4) for side in range(300, 312)] and sum(network.ran) == 12


def test_a_device_that_cannot_be_had_is_told_to_who_asks(model: ModelSpec, network: OnnxNetwork, device: HostDevice) -> None:
    def none() -> Device:
        raise EngineError("no GPU here")

    def no_network(_: Device) -> OnnxNetwork:
        raise EngineError("no network here")

    with pytest.raises(EngineError, match="no GPU here"):
        Lane(model, none, lambda _: network)
    with pytest.raises(EngineError, match="no network here"):
        Lane(model, lambda: device, no_network)


def test_a_closed_lane_fails_what_waits(lane: Lane, network: OnnxNetwork) -> None:
    lane.close()
    with pytest.raises(EngineError, match="closed"):
        lane.submit(task(person(300, 300)))
