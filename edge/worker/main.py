"""The child that decodes, infers and encodes. It touches untrusted files, holds the engine, and may die at any time.

It is started by the supervisor as `python -m edge.worker.main DESCRIPTOR`, gets jobs as messages with open files, and
reports each stage of each photo: those reports are the heartbeat.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import traceback
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2

from edge.board.rss import rss_bytes
from edge.config.settings import settings_for
from edge.fs.files import write_all
from edge.ipc.channel import Channel
from edge.ipc.parent import parent_channel
from edge.worker.limits import bound
from edge.worker.messages import (
    BACKGROUND,
    MASK,
    OUTPUT,
    PHOTO,
    TO_WORKER,
    CutPhoto,
    PhotoCut,
    PhotoFailed,
    StageBegun,
    StartWorker,
    WorkerReady,
    WorkerRefused,
)
from edge.worker.sandbox import confine_writing, lock_in
from matting.cutters import Cutter, open_cutter
from matting.decode import decode
from matting.errors import MattingError, NoPersonFound, OutOfMemory, OutputError, PhotoTooLarge, UnreadablePhoto
from matting.model import default_model_dir, load_model
from matting.photo import U8, Limits, Settings
from matting.pipeline import CutOut

_LIBC = ctypes.CDLL(None)
_LONGEST_TEXT = 4000


class Worker:
    """Cuts the photos that come over the channel, several at a time."""

    def __init__(self, channel: Channel, cutter: Cutter, limits: Limits) -> None:
        self._channel = channel
        self._cutter = cutter
        self._limits = limits
        self._background: tuple[object, U8] | None = None

    def do(self, request: CutPhoto, files: Mapping[str, int]) -> None:
        """One photo, from open files to open files; whatever happens, the supervisor hears of it."""
        answer: CutOut | MattingError
        trace = ""
        try:
            answer = self._cut(request, files)
        except MattingError as error:
            answer = error
        except MemoryError:
            answer = OutOfMemory("the photo did not fit into the memory left for it")
        except Exception as error:  # noqa: BLE001 - the process boundary: a fault of ours costs this photo, not the service
            answer, trace = MattingError(f"{error!r}"), traceback.format_exc(limit=-6)
        finally:
            for descriptor in files.values():
                os.close(descriptor)
        # Freed memory between two pieces in use is not given back by itself; over a thousand photos it adds up.
        _LIBC.malloc_trim(0)
        self._answer(request.job, answer, trace)

    def _answer(self, job: int, answer: CutOut | MattingError, trace: str) -> None:
        memory, gpu_memory = rss_bytes(), self._cutter.gpu_bytes
        if isinstance(answer, CutOut):
            self._channel.send(PhotoCut(job, answer.suffix, answer.coverage, answer.stage_ms, memory, gpu_memory))
        else:
            name, text = type(answer).__name__, str(answer)[:_LONGEST_TEXT]
            self._channel.send(PhotoFailed(job, name, text, trace[-_LONGEST_TEXT:], memory, gpu_memory))

    def _cut(self, request: CutPhoto, files: Mapping[str, int]) -> CutOut:
        settings = settings_for(request.options, lambda: self._background_picture(files[BACKGROUND]), self._limits)
        result = self._cutter.cut(
            _read_whole(files[PHOTO], self._limits.bytes),
            settings,
            on_stage=lambda stage: self._channel.send(StageBegun(request.job, stage)),
        )
        self._channel.send(StageBegun(request.job, "write"))
        try:
            write_all(files[OUTPUT], result.output)
            if MASK in files and result.mask is not None:
                write_all(files[MASK], result.mask)
        except OSError as error:
            raise OutputError(f"the output cannot be written: {error.strerror}") from error
        return result

    def _background_picture(self, descriptor: int) -> U8:
        """Decoded once for as long as the file stays the same: a booth uses one background all evening."""
        status = os.fstat(descriptor)
        key = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
        if self._background is None or self._background[0] != key:
            data = _read_whole(descriptor, self._limits.bytes)
            self._background = (key, decode(data, self._limits, to_srgb=True).rgb)
        return self._background[1]


def _read_whole(descriptor: int, limit: int) -> bytes:
    """The file's bytes, at most `limit`: the length is looked at before anything is read."""
    size = os.fstat(descriptor).st_size
    if size > limit:
        raise PhotoTooLarge(f"the file has {size >> 20} MB, more than the {limit >> 20} MB that this machine takes")
    try:
        with os.fdopen(os.dup(descriptor), "rb") as reader:
            return reader.read(size)
    except OSError as error:
        raise UnreadablePhoto(f"its disk does not give it: {error.strerror}") from error


def _cutter(start: StartWorker) -> Cutter:
    """The cutter that is asked for, ready for its first photo."""
    model = load_model(start.model)
    if start.engines is None:
        return open_cutter(start.engine, model, start.threads, form=start.variant)
    cutter = open_cutter("tensorrt", model, start.threads, start.engines.engines())
    # Loads every kernel, and proves that the GPU really works, before a guest's photo does.
    for photo in sorted((default_model_dir() / "trial").glob("*.jpg")):
        with contextlib.suppress(NoPersonFound):
            cutter.cut(photo.read_bytes(), Settings())
    return cutter


def _locked_in(start: StartWorker) -> tuple[Cutter, list[str]]:
    """The cutter in a process that can do nothing else any more, and what the kernel lacks for that."""
    bound(start)
    if start.has_driver:
        confine_writing(_read_by(start))
        cutter = _cutter(start)
        return cutter, lock_in([start.model], gpu=True)
    missing = lock_in([start.model])
    return _cutter(start), missing


def _read_by(start: StartWorker) -> list[Path]:
    """What a worker beside a driver reads before its first photo."""
    return [start.model] if start.engines is None else [start.model, start.engines.folder, start.engines.kernels]


def main() -> None:
    channel = parent_channel(TO_WORKER)
    hello = channel.receive()
    if hello is None:
        return
    start: StartWorker = hello.message
    cv2.setNumThreads(1)
    try:
        cutter, missing = _locked_in(start)
    except MattingError as error:
        channel.send(WorkerRefused(type(error).__name__, str(error)[:_LONGEST_TEXT]))
        return
    gc.freeze()
    worker = Worker(channel, cutter, Limits(pixels=start.pixels))
    channel.send(WorkerReady(cutter.name, tuple(missing)))
    with ThreadPoolExecutor(start.in_flight) as pool:
        while (received := channel.receive()) is not None:
            pool.submit(worker.do, received.message, received.files)
        # The supervisor is gone, and with it whoever would publish what is still being cut.
        os._exit(0)


if __name__ == "__main__":
    main()
