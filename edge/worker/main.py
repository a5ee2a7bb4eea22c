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
from dataclasses import replace
from pathlib import Path

import cv2

from edge.board.rss import rss_bytes
from edge.config.settings import settings_for
from edge.fs.temporary import write_all
from edge.ipc.channel import Channel
from edge.ipc.parent import parent_channel
from edge.sandbox import confine_writing, lock_in
from edge.sandbox.seccomp import Role
from edge.worker.limits import bound
from edge.worker.messages import (
    BACKGROUND,
    MASK,
    OUTPUT,
    PHOTO,
    TO_WORKER,
    WRITE,
    CutPhoto,
    PhotoCut,
    PhotoFailed,
    StageBegun,
    StartWorker,
    WorkerReady,
    WorkerRefused,
)
from matting import plugins
from matting.bands import on_cores
from matting.cpu_work import open_cpu_work
from matting.cuda.tensorrt_work import open_tensorrt_work
from matting.decode import decode
from matting.errors import MattingError, NoPersonFound, OutOfMemory, OutputError, PhotoTooLarge, UnreadablePhoto
from matting.face.model import default_face_dir
from matting.id_photo.beside import archive
from matting.model import default_model_dir, load_model
from matting.out_of_memory import is_out_of_memory
from matting.photo import U8, Limits
from matting.pipeline import CutOut, cut
from matting.pixel_work import PixelWork
from matting.settings import Settings

_LIBC = ctypes.CDLL(None)
_LONGEST_TEXT = 4000


class Worker:
    """Cuts the photos that come over the channel, several at a time."""

    def __init__(self, channel: Channel, work: PixelWork, limits: Limits) -> None:
        self._channel = channel
        self._work = work
        self._limits = limits
        self._background: tuple[object, U8] | None = None

    def do(self, request: CutPhoto, files: Mapping[str, int]) -> None:
        """One photo, from open files to open files; whatever happens, the supervisor hears of it."""
        answer: CutOut | MattingError
        trace = ""
        try:
            with on_cores(request.cores):
                answer = self._cut(request, files)
        except MattingError as error:
            answer = error
        except Exception as error:  # noqa: BLE001 - the process boundary: a fault of ours costs this photo, not the service
            if is_out_of_memory(error):
                answer = OutOfMemory("the photo did not fit into the memory left for it")
            else:
                answer, trace = MattingError(f"{error!r}"), traceback.format_exc(limit=-6)
        finally:
            for descriptor in files.values():
                os.close(descriptor)
        # Freed memory between two pieces in use is not given back by itself; over a thousand photos it adds up.
        _LIBC.malloc_trim(0)
        self._answer(request.job, answer, trace)

    def _answer(self, job: int, answer: CutOut | MattingError, trace: str) -> None:
        memory, gpu_memory = rss_bytes(), self._work.gpu_bytes
        if isinstance(answer, CutOut):
            facts = (answer.coverage, *answer.size, answer.stage_ms)
            self._channel.send(PhotoCut(job, *facts, memory, gpu_memory, answer.foreground))
        else:
            name, text = type(answer).__name__, str(answer)[:_LONGEST_TEXT]
            self._channel.send(PhotoFailed(job, name, text, trace[-_LONGEST_TEXT:], memory, gpu_memory))

    def _cut(self, request: CutPhoto, files: Mapping[str, int]) -> CutOut:
        settings = settings_for(request.options, lambda: self._background_image(files[BACKGROUND]), self._limits)
        result = cut(
            _read_whole(files[PHOTO], self._limits.bytes),
            settings,
            self._work,
            on_stage=lambda stage: self._channel.send(StageBegun(request.job, stage)),
        )
        self._channel.send(StageBegun(request.job, WRITE))
        try:
            output = archive(result.output, result.suffix, result.beside) if request.options.archive else result.output
            write_all(files[OUTPUT], output)
            if MASK in files and result.mask is not None:
                write_all(files[MASK], result.mask)
            for part, data in result.beside.items():
                if part in files:
                    write_all(files[part], data)
        except OSError as error:
            raise OutputError(f"the output cannot be written: {error.strerror}") from error
        return result

    def _background_image(self, descriptor: int) -> U8:
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


def _open_work(start: StartWorker) -> PixelWork:
    """What is asked for, ready for its first photo."""
    model = replace(load_model(start.model), form=start.form)
    if start.engines is None:
        return open_cpu_work(start.engine, model, start.threads)
    work = open_tensorrt_work(start.engines.engines(), model)
    # Loads every kernel, and proves that the GPU really works, before a guest's photo does.
    for photo in sorted((default_model_dir() / "trial").glob("*.jpg")):
        with contextlib.suppress(NoPersonFound):
            cut(photo.read_bytes(), Settings(), work)
    return work


def _locked_in(start: StartWorker) -> tuple[PixelWork, list[str]]:
    """What cuts photos, in a process that can do nothing else any more; and what the kernel lacks for that."""
    readable = [start.model, default_face_dir(), *plugins.load()]
    bound(start)
    if start.has_driver:
        confine_writing([*readable, *_of_engines(start)])
        work = _open_work(start)
        return work, lock_in(readable, Role.DRIVER)
    missing = lock_in(readable)
    return _open_work(start), missing


def _of_engines(start: StartWorker) -> list[Path]:
    """What TensorRT's engines are read from."""
    return [] if start.engines is None else [start.engines.folder, start.engines.kernels]


def main() -> None:
    channel = parent_channel(TO_WORKER)
    hello = channel.receive()
    if hello is None:
        return
    start: StartWorker = hello.message
    cv2.setNumThreads(1)
    try:
        work, missing = _locked_in(start)
    except MattingError as error:
        channel.send(WorkerRefused(type(error).__name__, str(error)[:_LONGEST_TEXT]))
        return
    gc.freeze()
    worker = Worker(channel, work, Limits(pixels=start.pixels))
    channel.send(WorkerReady(work.name, tuple(missing)))
    with ThreadPoolExecutor(start.in_flight) as pool:
        while (received := channel.receive()) is not None:
            pool.submit(worker.do, received.message, received.files)
        # The supervisor is gone, and with it whoever would publish what is still being cut.
        os._exit(0)


if __name__ == "__main__":
    main()
