"""The thread that owns the GPU. Photos are handed in from any thread; it takes what waits, in batches where it can."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from matting.composite import crop_box
from matting.controls import check_presence
from matting.cuda.device import Buffer, Device
from matting.cuda.steps import Frame, Steps
from matting.engines.tensors import as_alpha
from matting.errors import EngineError, GpuLost
from matting.model import ModelSpec
from matting.network_input import undo
from matting.photo import U8, Box, Controls, Photo


class DeviceNetwork(Protocol):
    """The network on the device, with its weights and work space.

    batches: the sizes it can run, 1 among them, ascending.
    """

    batches: tuple[int, ...]

    def enqueue(self, batch: int, input_pointer: int, output_pointer: int, stream: int) -> None:
        """Queue one run on the CUDA stream: batch x3xHxW float32 in, batch x1xHxW float32 out, in device memory.

        Raises:
            GpuLost: the run could not be queued.
        """
        ...

    def close(self) -> None:
        """Give the memory back; called by the thread that made it."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """rgba: HxWx4 of the box of the photo. coverage: share of the photo with alpha >= 0.5, before crop and controls."""

    rgba: U8
    box: Box
    coverage: float


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """One photo. crop: None for the whole frame. opacity and behind as `Steps.finish` takes them."""

    photo: Photo
    controls: Controls
    crop: float | None
    opacity: U8 | None
    behind: U8 | None
    on_stage: Callable[[str], None]
    answer: Future[Finished] = field(default_factory=Future)


class Lane:
    """A photo that comes alone is begun at once; the more wait, the fuller the batch that is begun next."""

    def __init__(
        self, model: ModelSpec, open_device: Callable[[], Device], open_network: Callable[[Device], DeviceNetwork]
    ) -> None:
        """Start the thread, and in it open the device and the network.

        Raises:
            EngineError: either cannot be had.
        """
        self._model = model
        self._open = (open_device, open_network)
        self._waiting: deque[Task] = deque()
        self._changed = threading.Condition()
        self._end: EngineError | None = None
        ready: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="gpu", daemon=True)
        self._thread.start()
        ready.result()

    def submit(self, task: Task) -> Future[Finished]:
        """Hand in a photo; the future ends with it or with its error (MattingError).

        Raises:
            GpuLost: the GPU was lost earlier; EngineError: the lane is closed.
        """
        with self._changed:
            if self._end is not None:
                raise self._end
            self._waiting.append(task)
            self._changed.notify()
        return task.answer

    def close(self) -> None:
        """Finish the batch under way, fail what waits, and give the GPU back."""
        self._stop(EngineError("the GPU is closed"))
        self._thread.join()

    def _run(self, ready: Future[None]) -> None:
        open_device, open_network = self._open
        try:
            device = open_device()
            try:
                network = open_network(device)
            except BaseException:
                device.close()
                raise
        except Exception as error:  # noqa: BLE001 - it is raised again in the thread that waits for us
            ready.set_exception(error)
            return
        ready.set_result(None)
        try:
            work = _Batches(self._model, device, network)
            while tasks := self._next(network.batches):
                work.do(tasks)
        except GpuLost as error:
            self._stop(error)
        finally:
            network.close()
            device.close()

    def _next(self, batches: tuple[int, ...]) -> list[Task]:
        """The photos of the next run, at most as many as wait; none once the lane ends."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._end is not None)
            if self._end is not None:
                return []
            count = max(batch for batch in batches if batch <= len(self._waiting))
            return [self._waiting.popleft() for _ in range(count)]

    def _stop(self, error: EngineError) -> None:
        with self._changed:
            self._end = self._end or error
            left = list(self._waiting)
            self._waiting.clear()
            self._changed.notify()
        for task in left:
            task.answer.set_exception(error)


class _Batches:
    """The work of the lane's thread."""

    def __init__(self, model: ModelSpec, device: Device, network: DeviceNetwork) -> None:
        self._model, self._device, self._network = model, device, network
        self._size = model.input.height * model.input.width
        self._steps = Steps(device, model.input)
        most = max(network.batches)
        self._input = self._steps.memory.buffer("input", most * 3 * 4 * self._size)
        self._output = self._steps.memory.buffer("output", most * 4 * self._size)

    def do(self, tasks: list[Task]) -> None:
        """One run of the network, and all around it. An error of one photo ends that photo.

        Raises:
            GpuLost: after all photos of the batch ended with it.
        """
        try:
            frames = [self._prepare(slot, task) for slot, task in enumerate(tasks)]
            if not any(frames):
                return
            for task in tasks:
                task.on_stage("infer")
            # A slot whose photo failed still holds an earlier one's numbers; what becomes of them is not looked at.
            self._network.enqueue(len(tasks), self._input.pointer, self._output.pointer, self._device.stream)
            outputs = self._steps.downloaded("mattes", self._output, len(tasks) * 4 * self._size).view(np.float32).copy()
            for slot, (task, frame) in enumerate(zip(tasks, frames, strict=True)):
                if frame is not None:
                    self._finish(task, frame, outputs[slot * self._size : (slot + 1) * self._size], slot)
        except GpuLost as error:
            for task in tasks:
                if not task.answer.done():
                    task.answer.set_exception(error)
            raise

    def _prepare(self, slot: int, task: Task) -> Frame | None:
        try:
            task.on_stage("prepare")
            tensor = Buffer(self._input.pointer + slot * 12 * self._size, 12 * self._size)
            return self._steps.prepare(task.photo, slot, tensor)
        except GpuLost:
            raise
        except Exception as error:  # noqa: BLE001 - it is raised again in the thread that waits for this photo
            task.answer.set_exception(error)
            return None

    def _finish(self, task: Task, frame: Frame, output: np.ndarray[tuple[int, ...], np.dtype[np.float32]], slot: int) -> None:
        try:
            task.answer.set_result(self._finished(task, frame, output, slot))
        except GpuLost:
            raise
        except Exception as error:  # noqa: BLE001 - it is raised again in the thread that waits for this photo
            task.answer.set_exception(error)

    def _finished(
        self, task: Task, frame: Frame, output: np.ndarray[tuple[int, ...], np.dtype[np.float32]], slot: int
    ) -> Finished:
        spec, steps = self._model.input, self._steps
        matte = undo(as_alpha(output, (spec.height, spec.width)), frame.geometry)
        check_presence(matte, self._model.presence)
        height, width = frame.geometry.height, frame.geometry.width
        task.on_stage("refine")
        alpha = steps.refine(frame, self._output.at(slot * 4 * self._size), task.controls.threshold)
        task.on_stage("controls")
        alpha = steps.shape(alpha, height, width, task.controls)
        box = Box(0, 0, height, width)
        if task.crop is not None:
            box = crop_box(steps.downloaded("matte", alpha, height * width).reshape(height, width), task.crop)
        task.on_stage("foreground")
        rgba = steps.finish(frame, alpha, box, task.opacity, task.behind).copy()
        return Finished(rgba, box, float((matte >= 0.5).mean()))
