"""`edge-matting snap`: press the shutter of the service that is running, and wait for the cut-outs."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from edge.camera.control import talk
from edge.camera.shutter import LONGEST_COUNTDOWN, MOST_PICTURES, PATIENCE
from edge.commands.exit_code import exit_code
from edge.config.load import service_config
from edge.config.types import Config, HotFolders
from edge.delivery.result import result
from matting.errors import CameraError, MattingError, NotRunning, SettingsError

_TIME_LIMIT = 60.0
_LOOK = 0.1  # seconds between two looks at the folders


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="the configuration of the running service")
    parser.add_argument("--count", type=int, metavar="N", help=f"pictures in a row, 1 to {MOST_PICTURES}")
    parser.add_argument("--countdown", type=float, metavar="S", help=f"seconds before the first, 0 to {LONGEST_COUNTDOWN:g}")
    parser.add_argument(
        "--wait",
        action=argparse.BooleanOptionalAction,
        help="print the path of each cut-out once it is there, instead of the picture's in the inbox (in a terminal: --wait)",
    )
    limit = f"seconds that --wait gives each cut-out ({_TIME_LIMIT:g})"
    parser.add_argument("--timeout", type=float, metavar="S", default=_TIME_LIMIT, help=limit)


def main(arguments: argparse.Namespace) -> int:
    """Prints the countdown; then the path of each picture in the inbox, or with --wait that of each cut-out.

    Raises:
        CameraError: no service with a camera runs on this configuration, or the camera gave no picture.
    """
    config = service_config(arguments.config)
    if config.camera is None:
        raise SettingsError("this configuration has no camera: give camera.source")
    count = config.camera.burst if arguments.count is None else arguments.count
    countdown = config.camera.countdown if arguments.countdown is None else arguments.countdown
    pictures = _pictures(config, f"snap {count} {countdown:g}")
    if sys.stdout.isatty() if arguments.wait is None else arguments.wait:
        return _print_cut_outs(config.folders, pictures, arguments.timeout)
    for path in pictures:
        print(config.folders.inbox / path, flush=True)
    return 0


def _pictures(config: Config, line: str) -> Iterator[PurePosixPath]:
    """Their paths within the inbox, as they are taken; the countdown is printed.

    Raises:
        CameraError: the camera gave not all of them.
    """
    for answer in _answers(config.folders.state, line):
        word, _, rest = answer.partition(" ")
        if word == "error":
            raise CameraError(rest)
        if word == "done":
            return
        if word == "taken":
            yield PurePosixPath(rest)
        else:
            print(answer, flush=True)
    raise CameraError("the service ended before the picture was taken")


def _print_cut_outs(folders: HotFolders, pictures: Iterator[PurePosixPath], seconds: float) -> int:
    """A line for each: the path of its cut-out, or on stderr why there is none; the exit code."""
    taken: list[PurePosixPath] = []
    failures: list[MattingError] = []
    try:
        for path in pictures:
            taken.append(path)
    except CameraError as error:
        failures.append(error)
        print(f"edge-matting: {error}", file=sys.stderr)
    for path in taken:
        try:
            print(_cut_out(folders, path, time.monotonic() + seconds), flush=True)
        except MattingError as error:
            failures.append(error)
            print(f"{path}: {error}", file=sys.stderr)
    return exit_code(failures)


def _cut_out(folders: HotFolders, path: PurePosixPath, until: float) -> Path:
    """Where the cut-out lies, as soon as it does.

    Raises:
        MattingError: there will be none, for that reason; NotRunning: there was none in time.
    """
    while (found := result(folders, path)) is None:
        if time.monotonic() > until:
            where = "it waits in the inbox" if (folders.inbox / path).exists() else "it has left the inbox"
            raise NotRunning(f"no cut-out of it came in time, {where}: edge-matting status says how the service is")
        time.sleep(_LOOK)
    if isinstance(found, MattingError):
        raise found
    return found


def _answers(state: Path, line: str) -> Iterator[str]:
    try:
        yield from talk(state, line, LONGEST_COUNTDOWN + 2 * PATIENCE)
    except TimeoutError as error:
        raise CameraError("the camera's process does not answer: look into the service's log") from error
    except OSError as error:
        raise CameraError("no service with a camera is running on this configuration: start edge-matting run") from error
