"""What one run of the network takes in and gives back, photo by photo, and the work around it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from matting.composite import crop_box
from matting.controls import check_presence
from matting.cuda.device import Buffer, Device
from matting.cuda.steps import CutRegion, Steps
from matting.engines.tensors import as_alpha
from matting.errors import GpuLost
from matting.model import ModelSpec
from matting.network_input import undo
from matting.photo import F32, U8, Box, Controls, Photo


class DeviceNetwork(Protocol):
    """The network on the device, with its weights and work space.

    batches: the sizes it can run, 1 among them, ascending.
    """

    @property
    def batches(self) -> tuple[int, ...]: ...

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


class Batches:
    """The work of the thread that owns the device: one batch at a time, with buffers that are kept from batch to batch."""

    def __init__(self, model: ModelSpec, device: Device, network: DeviceNetwork) -> None:
        self._model, self._device, self._network = model, device, network
        self._size = model.input.height * model.input.width
        self._steps = Steps(device, model.input)
        most = max(network.batches)
        self._input = self._steps.memory.buffer("input", most * 3 * 4 * self._size)
        self._output = self._steps.memory.buffer("output", most * 4 * self._size)

    @property
    def bytes(self) -> int:
        """Memory held, on the device and page-locked."""
        return sum(self._steps.memory.bytes)

    def do(self, tasks: list[Task]) -> None:
        """One run of the network, and all around it; ends every task. An error of one photo ends that photo alone.

        Raises:
            GpuLost: after all photos of the batch ended with it.
        """
        try:
            self._run(tasks)
        except Exception as error:  # it is raised again in the threads that wait for the photos
            for task in tasks:
                if not task.answer.done():
                    task.answer.set_exception(error)
            if isinstance(error, GpuLost):
                raise

    def close(self) -> None:
        """Let the buffers go, before the device is closed."""
        self._steps.memory.close()

    def _run(self, tasks: list[Task]) -> None:
        frames = [self._prepare(slot, task) for slot, task in enumerate(tasks)]
        if not any(frames):
            return
        # A slot whose photo failed still holds an earlier one's numbers; what becomes of them is not looked at.
        self._network.enqueue(len(tasks), self._input.pointer, self._output.pointer, self._device.stream)
        outputs = self._steps.downloaded("mattes", self._output, len(tasks) * 4 * self._size).view(np.float32).copy()
        for slot, (task, frame) in enumerate(zip(tasks, frames, strict=True)):
            if frame is not None:
                self._finish(task, frame, outputs[slot * self._size : (slot + 1) * self._size], slot)

    def _prepare(self, slot: int, task: Task) -> CutRegion | None:
        """The photo in its slot of the batch; None where it failed."""
        try:
            task.on_stage("prepare")
            tensor = Buffer(self._input.pointer + slot * 12 * self._size, 12 * self._size)
            frame = self._steps.prepare(task.photo, slot, tensor)
            task.on_stage("infer")
        except GpuLost:
            raise
        except Exception as error:  # noqa: BLE001 - it is raised again in the thread that waits for this photo
            task.answer.set_exception(error)
            return None
        return frame

    def _finish(self, task: Task, frame: CutRegion, output: F32, slot: int) -> None:
        try:
            task.answer.set_result(self._finished(task, frame, output, slot))
        except GpuLost:
            raise
        except Exception as error:  # noqa: BLE001 - it is raised again in the thread that waits for this photo
            task.answer.set_exception(error)

    def _finished(self, task: Task, frame: CutRegion, output: F32, slot: int) -> Finished:
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
