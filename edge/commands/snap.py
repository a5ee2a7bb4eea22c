"""`edge-matting snap`: press the shutter of the service that is running."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from edge.camera.control import talk
from edge.camera.shutter import LONGEST_COUNTDOWN, MOST_PICTURES, PATIENCE
from edge.config.load import service_config
from matting.errors import CameraError, SettingsError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="the configuration of the running service")
    parser.add_argument("--count", type=int, metavar="N", help=f"pictures in a row, 1 to {MOST_PICTURES}")
    parser.add_argument("--countdown", type=float, metavar="S", help=f"seconds before the first, 0 to {LONGEST_COUNTDOWN:g}")


def main(arguments: argparse.Namespace) -> int:
    """Prints the countdown, then the path of each picture in the inbox; the cut-outs follow in the outbox.

    Raises:
        CameraError: no service with a camera runs on this configuration, or the camera gave no picture.
    """
    config = service_config(arguments.config)
    if config.camera is None:
        raise SettingsError("this configuration has no camera: give camera.source")
    count = config.camera.burst if arguments.count is None else arguments.count
    countdown = config.camera.countdown if arguments.countdown is None else arguments.countdown
    for answer in _answers(config.folders.state, f"snap {count} {countdown:g}"):
        word, _, rest = answer.partition(" ")
        if word == "error":
            raise CameraError(rest)
        if word == "done":
            return 0
        print(config.folders.inbox / rest if word == "taken" else answer, flush=True)
    raise CameraError("the service ended before the picture was taken")


def _answers(state: Path, line: str) -> Iterator[str]:
    try:
        yield from talk(state, line, LONGEST_COUNTDOWN + 2 * PATIENCE)
    except TimeoutError as error:
        raise CameraError("the camera's process does not answer: look into the service's log") from error
    except OSError as error:
        raise CameraError("no service with a camera is running on this configuration: start edge-matting run") from error
