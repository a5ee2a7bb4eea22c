"""What supervisor and worker say to each other."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

from edge.config.options import Options
from edge.engine.tensorrt.engine_set import EngineSet
from edge.ipc.messages import Count, Decoder, Message, Text, Word
from matting.engines.registry import find_engine
from matting.photo import Box

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Milliseconds = Annotated[float, msgspec.Meta(ge=0, le=1e9)]
# The files that go with CutPhoto, by name: PHOTO and BACKGROUND to read; to write OUTPUT, MASK, and of an ID photo those of
# `matting.id_photo.beside.Part`.
PHOTO, OUTPUT, MASK, BACKGROUND = "photo", "output", "mask", "background"
# The last stage, after those of matting.pipeline: the outputs are written.
WRITE = "write"


class StartWorker(Message, frozen=True):
    """The first message. engine, form: of the CPU or PyTorch; engines: of the GPU, which then goes before. pixels: of the
    largest photo; memory: bytes of data that the worker may have; in_flight: photos at once."""

    model: Path
    engine: str
    form: str
    threads: int
    in_flight: int
    pixels: int
    memory: int
    engines: EngineSet | None = None

    @property
    def on_gpu(self) -> bool:
        return self.engines is not None

    @property
    def has_driver(self) -> bool:
        """Whether a GPU's driver, or PyTorch, which may bring one, is to run: what these load and start cannot be foreseen."""
        return self.on_gpu or find_engine(self.engine).driver


class CutPhoto(Message, frozen=True):
    """A photo to cut, as these options say; its files come with it. job: tells it from others in hand. cores: that it may use
    meanwhile."""

    job: Count
    options: Options
    cores: Annotated[int, msgspec.Meta(ge=1, le=1024)]


class WorkerReady(Message, frozen=True):
    """It takes photos from now on. engine: for people; unlocked: what this kernel lacks of what should lock the worker in."""

    engine: Word
    unlocked: tuple[Word, ...]


class WorkerRefused(Message, frozen=True):
    """It cannot start. error: the class's name of `matting.errors`."""

    error: Word
    message: Text


class StageBegun(Message, frozen=True):
    """The heartbeat of a photo."""

    job: Count
    stage: Word


class PhotoCut(Message, frozen=True):
    """The outputs are written. coverage: 0..1; width, height: of the output in pixels; stage_ms: milliseconds by stage;
    memory, gpu_memory: bytes that the worker holds; foreground: where in the output the person can be seen, told of a
    framed one. It names no file: what the outputs are called is the supervisor's to know."""

    job: Count
    coverage: Share
    width: Count
    height: Count
    stage_ms: dict[Word, Milliseconds]
    memory: Count
    gpu_memory: Count
    foreground: Box | None = None


class PhotoFailed(Message, frozen=True):
    """error: the class's name of `matting.errors`. traceback: of a fault of ours, else ""."""

    job: Count
    error: Word
    message: Text
    traceback: Text
    memory: Count
    gpu_memory: Count


TO_WORKER = Decoder(StartWorker | CutPhoto)
FROM_WORKER = Decoder(WorkerReady | WorkerRefused | StageBegun | PhotoCut | PhotoFailed)
