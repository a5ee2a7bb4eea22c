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

from edge.budget import this_machine
from edge.config import service_config
from edge.files import make_folders
from edge.preparation import Failed, Preparation
from edge.tensorrt.prepared import Prepared
from edge.wish import wish_for
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
    wish = wish_for(service_config(arguments.config), this_machine())
    try:
        make_folders(wish.folder.parent)
    except OSError as error:
        raise OutputError(f"the folder {wish.folder.parent} cannot be made: {error.strerror}") from error
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    preparation = Preparation(wish, force=arguments.force)
    try:
        prepared = _watched(preparation)
    except BaseException:
        preparation.cancel()
        raise
    print(f"{len(prepared.keys)} engine{'s' * (len(prepared.keys) > 1)} in {prepared.folder}:")
    for key in prepared.keys:
        print(f"  {key.digest}  {key.plan.precision}, batch {key.plan.batch}, {key.gpu.name}, TensorRT {key.gpu.tensorrt}")
    print("A service at work takes them up when it starts again: sudo systemctl restart edge-matting")
    return 0


def _watched(preparation: Preparation) -> Prepared:
    """How it ended, shown as a bar in a terminal and as lines otherwise."""
    show = _bar if sys.stderr.isatty() else _lines
    ended = show(preparation)
    if isinstance(ended, Prepared):
        return ended
    raise EngineError(ended.reason)


def _bar(preparation: Preparation) -> Prepared | Failed:
    with tqdm(total=100, bar_format="{percentage:3.0f} %|{bar}| {elapsed}") as bar:
        while (ended := preparation.hear()) is None:
            _print_news(preparation, partial(bar.write, file=sys.stderr))
            bar.n = round(100 * (preparation.progress or 0))
            bar.refresh()
            select.select([preparation], [], [], 1.0)
        _print_news(preparation, partial(bar.write, file=sys.stderr))
        bar.n = 100 if isinstance(ended, Prepared) else bar.n
    return ended


def _lines(preparation: Preparation) -> Prepared | Failed:
    while (ended := preparation.hear()) is None:
        _print_news(preparation, _print)
        if not select.select([preparation], [], [], _HEARTBEAT)[0]:
            percent = "" if preparation.progress is None else f" {preparation.progress:.0%}"
            _print(f"{preparation.text}{percent}")
    _print_news(preparation, _print)
    return ended


def _print_news(preparation: Preparation, show: Callable[[str], object]) -> None:
    for line in preparation.news():
        show(line)


def _print(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
