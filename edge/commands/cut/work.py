"""Cutting the photos of a run: a few at a time, each written whole or not at all."""

from __future__ import annotations

import itertools
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager

from tqdm import tqdm

from edge.commands.cut.tally import Tally
from edge.commands.cut.tasks import MASK_SUFFIX, Task
from edge.fs.files import make_folders, write_atomic
from edge.fs.names import fitted, printable
from edge.intake.open_input import Advice, open_input
from matting.bands import on_cores
from matting.errors import MattingError, OutputError, PhotoTooLarge, RefusedFile, UnreadablePhoto
from matting.pipeline import cut
from matting.pixel_work import PixelWork
from matting.settings import Settings

_ADVICE = Advice(
    link="a symbolic link, and links inside folders are not followed",
    special="name the photo itself",
    unreadable="give yourself the right to read it",
)


def cut_all(tasks: list[Task], settings: Settings, work: PixelWork, in_flight: int, cores: int) -> Tally:
    """Cut them, `in_flight` at a time on so many cores, and tell of each as it ends; what became of them. After Ctrl-C what is
    in hand is finished, and no more is begun."""
    tally = Tally(len(tasks))
    show = len(tasks) > 1 and sys.stderr.isatty()
    with (
        _cancelled_by_ctrl_c() as cancelled,
        ThreadPoolExecutor(in_flight) as pool,
        tqdm(total=len(tasks), unit="photo", disable=not show) as bar,
    ):

        def one(task: Task) -> str | None:
            with on_cores(cores // max(1, min(in_flight, len(tasks)))):
                return None if cancelled.is_set() else _cut_one(task, settings, work)

        jobs = ((task, pool.submit(one, task)) for task in tasks if not cancelled.is_set())
        for task, future in _as_completed(jobs, in_flight + 1):
            _tell(task, future, tally, bar)
    return tally


def _tell(task: Task, future: Future[str | None], tally: Tally, bar: tqdm[None]) -> None:
    """Count one that ended, and print its line; without a bar the line says how many there are."""
    try:
        line, file = future.result(), sys.stdout
    except MattingError as error:
        tally.failures.append(error)
        line, file = f"{task.name}: {error}", sys.stderr
    else:
        tally.cut += line is not None
    if line is not None:
        place = f"  ({tally.place})" if tally.place and bar.disable else ""
        bar.write(line + place, file=file)
        bar.update()


@contextmanager
def _cancelled_by_ctrl_c() -> Iterator[threading.Event]:
    """Set by the first Ctrl-C; a second one ends the process at once, wherever it is."""
    cancelled = threading.Event()
    before = signal.getsignal(signal.SIGINT)

    def cancel(*_: object) -> None:
        cancelled.set()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        # Not by print: this interrupts whatever is being printed.
        os.write(2, b"\nedge-matting: what is in hand is finished; Ctrl-C again ends it at once\n")

    if before != signal.SIG_IGN:  # a shell's way to keep Ctrl-C from what runs in the background
        signal.signal(signal.SIGINT, cancel)
    try:
        yield cancelled
    finally:
        signal.signal(signal.SIGINT, before)


def _as_completed(jobs: Iterator[tuple[Task, Future[str | None]]], most: int) -> Iterator[tuple[Task, Future[str | None]]]:
    """Submit at most `most` at a time, so that memory does not grow with the number of photos."""
    running = {future: task for task, future in itertools.islice(jobs, most)}
    while running:
        finished, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in finished:
            yield running.pop(future), future
            for task, following in itertools.islice(jobs, 1):
                running[following] = task


def _cut_one(task: Task, settings: Settings, work: PixelWork) -> str:
    """Cut one photo and write its files; the line to print."""
    started = time.perf_counter()
    result = cut(read_photo(task, settings.limits.bytes), settings, work)
    target = task.folder / fitted(task.stem, result.suffix)
    try:
        make_folders(task.folder)
        write_atomic(target, result.output)
        if result.mask is not None:
            write_atomic(task.folder / fitted(task.stem, MASK_SUFFIX), result.mask)
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {error.strerror}") from error
    return f"{printable(str(target))}  {time.perf_counter() - started:.2f} s"


def read_photo(task: Task, limit: int) -> bytes:
    """The whole file, of at most `limit` bytes.

    Raises:
        PhotoTooLarge, UnreadablePhoto, RefusedFile.
    """
    try:
        with os.fdopen(open_input(task.root, task.path, _ADVICE), "rb") as reader:
            size = os.fstat(reader.fileno()).st_size
            if size > limit:
                raise PhotoTooLarge(f"the file has {size >> 20} MB, more than the {limit >> 20} MB that this machine takes")
            return reader.read()
    except FileNotFoundError as error:
        raise UnreadablePhoto("no such file") from error
    except OSError as error:
        raise RefusedFile(f"cannot be read: {error.strerror}") from error
