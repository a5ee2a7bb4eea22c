"""The whole way of a photo over kernels, memory and thread, on the stand-in of host.py, beside the CPU's way."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from io import BytesIO

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data

from matting.avatar import Avatar
from matting.backgrounds.blur import Blur
from matting.backgrounds.colour import WHITE, Colour
from matting.backgrounds.image import ImageBackground
from matting.cpu_work import CpuWork
from matting.cuda.batch import Finished, Task
from matting.cuda.device import Device
from matting.cuda.gpu_thread import GpuThread, taken
from matting.cuda.work import GpuWork
from matting.engines.onnx_cpu import OnnxCpuEngine
from matting.errors import EngineError, GpuLost, NoPersonFound, OutOfMemory
from matting.face.shipped import shipped_faces
from matting.framing import Framing
from matting.id_photo.portrait import Wish
from matting.id_photo.specification import find_specification
from matting.model import ModelSpec
from matting.photo import Controls, Photo
from matting.pipeline import CutOut, cut
from matting.settings import Settings
from tests.matting.cuda.host import HostDevice, floats_at
from tests.matting.cuda.pair import SIGNATURES, Pair

STAGES = ["decode", "prepare", "infer", "refine", "controls", "foreground", "composite", "encode"]


class HostNetwork:
    """A `DeviceNetwork` in the stand-in's memory; infer: the matte (HxW) of one tensor. `gate` holds runs back."""

    batches = (1, 4)

    def __init__(self, model: ModelSpec, infer: Callable[[np.ndarray], np.ndarray]) -> None:
        self._size, self._infer = (model.input.height, model.input.width), infer
        self.ran: list[int] = []
        self.gate, self.begun = threading.Event(), threading.Event()
        self.gate.set()
        self.error: Exception | None = None  # of the next run
        self.closed = False

    def enqueue(self, batch: int, input_pointer: int, output_pointer: int, stream: int) -> None:
        self.ran.append(batch)
        self.begun.set()
        assert self.gate.wait(30)
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        tensors = floats_at(input_pointer, (batch, 1, 3, *self._size))
        for matte, tensor in zip(floats_at(output_pointer, (batch, *self._size)), tensors, strict=True):
            matte[:] = self._infer(tensor.copy())

    def close(self) -> None:
        self.gate.set()
        self.closed = True


def bright(tensor: np.ndarray) -> np.ndarray:
    """In place of a person: what is lighter than the mean colour."""
    return np.asarray(np.clip(tensor[0].mean(axis=0) * 4, 0, 1))


@pytest.fixture(scope="session")
def small_model(model: ModelSpec) -> ModelSpec:
    """The stand-in is slow: where the network does not matter, its input is 96x96."""
    return replace(model, input=replace(model.input, height=96, width=96))


@pytest.fixture
def network(small_model: ModelSpec) -> HostNetwork:
    return HostNetwork(small_model, bright)


@pytest.fixture
def gpu_thread(device: HostDevice, network: HostNetwork, small_model: ModelSpec) -> Iterator[GpuThread]:
    gpu_thread = GpuThread(small_model, lambda: device, lambda _: network)
    yield gpu_thread
    network.gate.set()
    gpu_thread.close()


def person(height: int, width: int) -> np.ndarray:
    how = cv2.INTER_AREA if height * width < 512 * 512 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(data.astronaut(), (width, height), interpolation=how))


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
    (WIDE, Settings(Controls(10, 1, 1.0), Colour((255, 0, 255)), crop=0.0, mask=True)),
    (VEILED, Settings(background=Blur(), mask=True)),
    (WIDE, Settings(background=ImageBackground(person(300, 400)), crop=0.1)),
    (WIDE, Settings(mask=True, framing=Framing(most_pixels=40_000))),
    (VEILED, Settings(background=Blur(), framing=Framing(scale=0.5, position="original"))),
    (WIDE, Settings(background=ImageBackground(person(300, 400)), framing=Framing(position=(0.2, 1.0)))),
    (person(512, 512), Settings(avatar=Avatar(False, shipped_faces, 256), mask=True)),
    (person(512, 512), Settings(id_photos=(Wish(find_specification("de-passport"), shipped_faces, dpi=100),))),
]


@pytest.mark.parametrize(("pixels", "settings"), SAMPLES)
def test_a_cut_out_equals_the_cpus(
    pixels: np.ndarray, settings: Settings, device: HostDevice, model: ModelSpec, engine: OnnxCpuEngine
) -> None:
    """Alpha within 1 level and colours as they show (times alpha) within 2, but for one pixel in 5,000: roundings differ, and
    a pixel beside a threshold may fall to its other side."""
    stages: list[str] = []
    gpu_thread = GpuThread(model, lambda: device, lambda _: HostNetwork(model, engine.infer))
    ours, theirs = (
        cut(file(pixels), settings, GpuWork(gpu_thread), stages.append),
        cut(file(pixels), settings, CpuWork(engine, model)),
    )
    assert stages == STAGES == list(ours.stage_ms)
    assert (ours.size, ours.suffix, ours.mask is None) == (theirs.size, theirs.suffix, theirs.mask is None)
    assert ours.coverage == pytest.approx(theirs.coverage, abs=1e-4)
    away = np.abs(shown(ours) - shown(theirs)).max(axis=2) > 2.0
    # By the face, the CPU finds the colours of what is shown from that alone, the GPU from the whole photo.
    assert away.mean() < (2e-3 if settings.by_face else 2e-4), f"{away.sum()} pixels differ"
    if ours.mask is not None and theirs.mask is not None:
        masks = [np.asarray(Image.open(BytesIO(mask))).astype(int) for mask in (ours.mask, theirs.mask)]
        assert (np.abs(masks[0] - masks[1]) > 1).mean() < 1e-4
    gpu_thread.close()


@pytest.mark.parametrize(
    ("batches", "runs"),
    [
        ((1,), {1: [1], 3: [1, 1, 1]}),
        ((1, 4), {1: [1], 3: [1, 1, 1], 4: [4], 5: [4, 1], 11: [4, 4, 1, 1, 1]}),
        ((1, 2, 4, 8), {2: [2], 3: [2, 1], 7: [4, 2, 1], 8: [8], 23: [8, 8, 4, 2, 1]}),
    ],
)
def test_a_backlog_is_packed_into_full_batches_and_none_waits(batches: tuple[int, ...], runs: dict[int, list[int]]) -> None:
    for waiting, expected in runs.items():
        left, found = waiting, []
        while left:
            found.append(taken(left, batches))
            left -= found[-1]
        assert found == expected


def test_what_waits_is_packed_into_a_batch_and_one_photo_is_begun_at_once(gpu_thread: GpuThread, network: HostNetwork) -> None:
    network.gate.clear()
    first = gpu_thread.submit(task(person(120, 120)))
    assert network.begun.wait(30)
    rest = [gpu_thread.submit(task(person(120 + i, 110))) for i in range(7)]
    network.gate.set()
    shapes = [answer.result(60).rgba.shape[0] for answer in [first, *rest]]
    assert network.ran == [1, 4, 1, 1, 1]
    assert shapes == [120, *range(120, 127)]


def batch(gpu_thread: GpuThread, network: HostNetwork, photos: list[np.ndarray]) -> list[Future[Finished]]:
    """Hand all in while the GPU thread is held up by another photo."""
    network.gate.clear()
    network.begun.clear()
    held = gpu_thread.submit(task(person(100, 100)))
    assert network.begun.wait(30)
    answers = [gpu_thread.submit(task(photo)) for photo in photos]
    network.gate.set()
    held.exception(60)
    return answers


def test_photos_of_a_batch_get_their_own_mattes(gpu_thread: GpuThread, network: HostNetwork) -> None:
    photos = [person(200, 150), person(133, 256)[:, ::-1], WIDE, GREY]
    alone = [gpu_thread.submit(task(photo)).result(60).rgba for photo in photos]
    for answer, expected in zip(batch(gpu_thread, network, photos), alone, strict=True):
        np.testing.assert_array_equal(answer.result(60).rgba, expected)
    assert network.ran[-1] == 4


def test_an_error_of_one_photo_is_that_photos_alone(gpu_thread: GpuThread, network: HostNetwork, device: HostDevice) -> None:
    small = person(120, 120)
    for answer in batch(gpu_thread, network, [small] * 4):
        expected = answer.result(60).rgba
    device.most_bytes = sum(array.size for array in device.arrays.values())
    good, empty, large, last = batch(
        gpu_thread, network, [small, np.full((120, 120, 3), 90, np.uint8), person(1500, 1500), small]
    )
    np.testing.assert_array_equal(good.result(60).rgba, expected)
    with pytest.raises(NoPersonFound):
        empty.result(60)
    with pytest.raises(OutOfMemory):
        large.result(60)
    np.testing.assert_array_equal(last.result(60).rgba, expected)
    device.most_bytes = None
    assert gpu_thread.submit(task(person(512, 400))).result(60).rgba.shape == (512, 400, 4)


def test_a_photo_whose_listener_fails_is_alone_in_that(gpu_thread: GpuThread, network: HostNetwork) -> None:
    """on_stage is the caller's code, and runs in the GPU thread."""

    def deaf(stage: str) -> None:
        if stage == at:
            raise BrokenPipeError(stage)

    small = person(120, 120)
    expected = gpu_thread.submit(task(small)).result(60).rgba
    for at in ("prepare", "infer", "refine", "controls", "foreground"):
        network.gate.clear()
        network.begun.clear()
        held = gpu_thread.submit(task(small))
        assert network.begun.wait(30)
        answers = [gpu_thread.submit(task(small)) for _ in range(2)]
        answers.append(gpu_thread.submit(replace(task(small), on_stage=deaf)))
        answers.append(gpu_thread.submit(task(small)))
        network.gate.set()
        with pytest.raises(BrokenPipeError, match=at):
            answers[2].result(60)
        for answer in (held, answers[0], answers[1], answers[3]):
            np.testing.assert_array_equal(answer.result(60).rgba, expected)
        assert network.ran[-1] == 4


def test_a_run_that_fails_ends_its_photos_and_the_lane_goes_on(gpu_thread: GpuThread, network: HostNetwork) -> None:
    network.error = EngineError("too hot")
    with pytest.raises(EngineError, match="too hot"):
        gpu_thread.submit(task(person(120, 120))).result(60)
    assert gpu_thread.submit(task(person(120, 120))).result(60).rgba.shape == (120, 120, 4)


@pytest.mark.parametrize("kernel", ["normalise", "evaluate", "compose", "synchronize"])
def test_a_lost_gpu_fails_all_that_wait_and_all_that_come(
    kernel: str, gpu_thread: GpuThread, network: HostNetwork, device: HostDevice
) -> None:
    network.gate.clear()
    first = gpu_thread.submit(task(person(120, 120)))
    assert network.begun.wait(30)
    waiting = [gpu_thread.submit(task(person(120, 120))) for _ in range(6)]
    device.lost_at = kernel
    network.gate.set()
    for answer in waiting:
        with pytest.raises(GpuLost, match="injected"):
            answer.result(60)
    assert first.exception(60) is None or isinstance(first.exception(), GpuLost)
    with pytest.raises(GpuLost, match="injected"):
        gpu_thread.submit(task(person(120, 120)))


def test_nothing_is_allocated_for_photos_no_larger_than_one_before(gpu_thread: GpuThread, device: HostDevice) -> None:
    """Neither on the device nor of page-locked memory: the stand-in counts both."""
    work, settings = GpuWork(gpu_thread), Settings(Controls(5, 1, 2.0), crop=0.1)
    sizes = [(150, 120), (90, 130), (120, 150), (40, 150), (150, 40)]

    def cut_all() -> tuple[int, int]:
        for height, width in sizes:
            work.pixels(partial(Photo, person(height, width)), settings, lambda stage: None)
        return device.allocations, sum(array.size for array in device.arrays.values())

    before = cut_all()
    assert [cut_all() for _ in range(8)] == [before] * 8
    work.pixels(lambda: Photo(person(1500, 1500)), settings, lambda stage: None)
    assert device.allocations > before[0]


def test_many_threads_share_one_lane(gpu_thread: GpuThread, network: HostNetwork) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda side: gpu_thread.submit(task(person(side, side))).result(60).rgba.shape, range(100, 112))
        )
    assert answers == [(side, side, 4) for side in range(100, 112)] and sum(network.ran) == 12


def test_a_device_that_cannot_be_had_is_told_to_who_asks(
    small_model: ModelSpec, network: HostNetwork, device: HostDevice
) -> None:
    def none() -> Device:
        raise EngineError("no GPU here")

    def no_network(_: Device) -> HostNetwork:
        raise EngineError("no network here")

    with pytest.raises(EngineError, match="no GPU here"):
        GpuThread(small_model, none, lambda _: network)
    with pytest.raises(EngineError, match="no network here"):
        GpuThread(small_model, lambda: device, no_network)


def test_a_device_too_small_for_the_lane_itself_is_told_and_given_back(
    small_model: ModelSpec, network: HostNetwork, device: HostDevice
) -> None:
    device.most_bytes = 1 << 20
    with pytest.raises(OutOfMemory):
        GpuThread(small_model, lambda: device, lambda _: network)
    assert network.closed and device.closed


@pytest.mark.slow
def test_every_launch_of_a_photos_way_gives_what_its_sibling_gives(
    library: ctypes.CDLL, model: ModelSpec, engine: OnnxCpuEngine
) -> None:
    """The kernels in their order and with their real inputs, each beside its reference."""
    pair = Pair(HostDevice(library))
    gpu_thread = GpuThread(model, lambda: pair, lambda _: HostNetwork(model, engine.infer))
    for photo, settings in ((person(307, 257), Settings(Controls(10, 1, 1.0))), (person(701, 1067), Settings(crop=0.05))):
        GpuWork(gpu_thread).pixels(partial(Photo, np.ascontiguousarray(photo)), settings, lambda stage: None)
    GpuWork(gpu_thread).pixels(lambda: Photo(person(1100, 1024)), Settings(background=WHITE), lambda stage: None)
    assert pair.ran == set(SIGNATURES)
    gpu_thread.close()


def test_a_closed_gpu_thread_fails_what_waits(gpu_thread: GpuThread, network: HostNetwork) -> None:
    gpu_thread.close()
    with pytest.raises(EngineError, match="closed"):
        gpu_thread.submit(task(person(120, 120)))
