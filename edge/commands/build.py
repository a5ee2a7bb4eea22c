"""`edge-matting build`: the board's TensorRT engines, ahead of time."""

from __future__ import annotations

import argparse
import select
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tqdm import tqdm

from edge.board.budget import this_machine
from edge.config.load import service_config
from edge.engine.messages import PrepareFailed
from edge.engine.prepare_process import PrepareProcess
from edge.engine.request import engine_request
from edge.engine.tensorrt.engine_set import EngineSet
from edge.fs.files import make_folders
from matting.errors import EngineError, OutputError

_HEARTBEAT = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="the service's configuration, whose engines these are")
    parser.add_argument("--force", action="store_true", help="build anew, with all the memory that the budget allows")


def main(arguments: argparse.Namespace) -> int:
    """Build what is missing. Ctrl-C and SIGTERM cancel at once, and leave what was there.

    Raises:
        EngineError: no engine; the sentence says why, and what to do.
    """
    request = engine_request(service_config(arguments.config), this_machine())
    try:
        make_folders(request.folder.parent)
    except OSError as error:
        raise OutputError(f"the folder {request.folder.parent} cannot be made: {error.strerror}") from error
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    process = PrepareProcess(request, force=arguments.force)
    try:
        engines = _watched(process)
    except BaseException:
        process.cancel()
        raise
    print(f"{len(engines.keys)} engine{'s' * (len(engines.keys) > 1)} in {engines.folder}:")
    for key in engines.keys:
        print(f"  {key.digest}  {key.plan.precision}, batch {key.plan.batch}, {key.gpu.name}, TensorRT {key.gpu.tensorrt}")
    print("A service at work takes them up when it starts again: sudo systemctl restart edge-matting")
    return 0


def _watched(process: PrepareProcess) -> EngineSet:
    """How it ended, shown as a bar in a terminal and as lines otherwise."""
    show = _bar if sys.stderr.isatty() else _lines
    ended = show(process)
    if isinstance(ended, EngineSet):
        return ended
    raise EngineError(ended.reason)


def _bar(process: PrepareProcess) -> EngineSet | PrepareFailed:
    with tqdm(total=100, bar_format="{percentage:3.0f} %|{bar}| {elapsed}") as bar:
        while (ended := process.poll()) is None:
            _print_news(process, partial(bar.write, file=sys.stderr))
            bar.n = round(100 * (process.progress or 0))
            bar.refresh()
            select.select([process], [], [], 1.0)
        _print_news(process, partial(bar.write, file=sys.stderr))
        bar.n = 100 if isinstance(ended, EngineSet) else bar.n
    return ended


def _lines(process: PrepareProcess) -> EngineSet | PrepareFailed:
    while (ended := process.poll()) is None:
        _print_news(process, _print)
        if not select.select([process], [], [], _HEARTBEAT)[0]:
            percent = "" if process.progress is None else f" {process.progress:.0%}"
            _print(f"{process.text}{percent}")
    _print_news(process, _print)
    return ended


def _print_news(process: PrepareProcess, show: Callable[[str], object]) -> None:
    for line in process.news():
        show(line)


def _print(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
