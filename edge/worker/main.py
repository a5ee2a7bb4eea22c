"""The child that decodes, infers and encodes. It touches untrusted files, holds the engine, and may die at any time.

It is started by the supervisor as `python -m edge.worker.main DESCRIPTOR`, gets jobs as messages with open files, and
reports each stage of each photo: those reports are the heartbeat.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import resource
import signal
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2

from edge.config.options import Options
from edge.config.settings import settings_for
from edge.engine.tensorrt.engine_set import EngineSet
from edge.fs.files import write_all
from edge.ipc.channel import Channel
from edge.ipc.parent_death import die_with_parent
from edge.worker.sandbox import confine_writing, lock_in
from matting import plugins
from matting.cpu_work import open_cpu_work
from matting.cuda.tensorrt_work import open_tensorrt_work
from matting.decode import decode
from matting.engines.registry import find_engine
from matting.errors import MattingError, NoPersonFound, OutOfMemory, OutputError, PhotoTooLarge, UnreadablePhoto
from matting.model import default_model_dir, load_model
from matting.photo import U8, Limits
from matting.pipeline import cut
from matting.pixel_work import PixelWork
from matting.settings import Settings

_LIBC = ctypes.CDLL(None)


class Worker:
    """Cuts the photos that come over the channel, several at a time."""

    def __init__(self, channel: Channel, work: PixelWork, limits: Limits) -> None:
        self._channel = channel
        self._work = work
        self._limits = limits
        self._background: tuple[object, U8] | None = None

    def do(self, job: dict[str, Any], files: list[int]) -> None:
        """One photo, from open files to open files; whatever happens, the supervisor hears of it."""
        number = job["job"]
        try:
            answer = self._cut(number, Options(**job["options"]), files)
        except MattingError as error:
            answer = {"error": type(error).__name__, "message": str(error)}
        except MemoryError:
            answer = {"error": OutOfMemory.__name__, "message": "the photo did not fit into the memory left for it"}
        except Exception as error:  # noqa: BLE001 - the process boundary: a fault of ours costs this photo, not the service
            answer = {"error": MattingError.__name__, "message": f"{error!r}", "traceback": traceback.format_exc(limit=-6)}
        finally:
            for descriptor in files:
                os.close(descriptor)
        # Freed memory between two pieces in use is not given back by itself; over a thousand photos it adds up.
        _LIBC.malloc_trim(0)
        self._channel.send({"job": number, **answer, "memory": _rss_bytes(), "gpu": self._work.gpu_bytes})

    def _cut(self, number: int, options: Options, files: list[int]) -> dict[str, Any]:
        photo, output, *rest = files
        mask = rest.pop(0) if options.mask else None
        settings = settings_for(options, lambda: self._background_image(rest[0]), self._limits)
        result = cut(
            _read_whole(photo, self._limits.bytes),
            settings,
            self._work,
            on_stage=lambda stage: self._channel.send({"job": number, "stage": stage}),
        )
        self._channel.send({"job": number, "stage": "write"})
        try:
            write_all(output, result.output)
            if mask is not None and result.mask is not None:
                write_all(mask, result.mask)
        except OSError as error:
            raise OutputError(f"the output cannot be written: {error.strerror}") from error
        return {"done": {"suffix": result.suffix, "coverage": result.coverage, "stage_ms": result.stage_ms}}

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


def _rss_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def _open_work(setup: dict[str, Any]) -> PixelWork:
    """What the setup asks for, ready for its first photo."""
    model = replace(load_model(Path(setup["model"])), form=setup["form"])
    if "gpu" not in setup:
        # Memory that the budget does not grant must fail here, as a MemoryError on one photo, not in the kernel. With
        # CUDA, which reserves far more than it uses, recycling and the unit's MemoryMax have to do.
        resource.setrlimit(resource.RLIMIT_DATA, (setup["memory"], setup["memory"]))
        return open_cpu_work(setup["engine"], model, setup["threads"])
    work = open_tensorrt_work(EngineSet.from_json(setup["gpu"]).engines(), model)
    # Loads every kernel, and proves that the GPU really works, before a guest's photo does.
    for photo in sorted((default_model_dir() / "trial").glob("*.jpg")):
        with contextlib.suppress(NoPersonFound):
            cut(photo.read_bytes(), Settings(), work)
    return work


def main() -> None:
    # Stopping is the supervisor's to decide: a terminal's Ctrl-C reaches the whole group.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    die_with_parent()
    channel = Channel.inherited(int(sys.argv[1]))
    hello = channel.receive()
    if hello is None:
        return
    setup = hello[0]
    cv2.setNumThreads(1)
    try:
        readable = [Path(setup["model"]), *plugins.load()]
        if "gpu" in setup or find_engine(setup["engine"]).driver:  # what these load and start cannot be foreseen
            confine_writing()
            work = _open_work(setup)
            missing = lock_in(readable, gpu=True)
        else:
            missing = lock_in(readable)
            work = _open_work(setup)
    except MattingError as error:
        channel.send({"error": type(error).__name__, "message": str(error)})
        return
    gc.freeze()
    worker = Worker(channel, work, Limits(pixels=setup["pixels"]))
    channel.send({"ready": work.name, "unlocked": missing})
    with ThreadPoolExecutor(setup["in_flight"]) as pool:
        while (received := channel.receive()) is not None:
            pool.submit(worker.do, *received)
        # The supervisor is gone, and with it whoever would publish what is still being cut.
        os._exit(0)


if __name__ == "__main__":
    main()
