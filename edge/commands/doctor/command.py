"""The command line of `edge-matting doctor`."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from edge.board.access import installed
from edge.commands.doctor.checks import findings
from edge.commands.doctor.show import as_json, line, summary
from edge.config.load import INSTALLED, ConfigError, load_config
from edge.monitoring.finding import Finding
from edge.monitoring.target import target

EXIT_PROBLEM = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--config", type=Path, metavar="FILE", help="the service's; otherwise the installed one's, or none")
    parser.add_argument("--root", type=Path, default=Path("/"), metavar="DIR", help="where /proc, /sys, /etc and /dev are (/)")


def main(arguments: argparse.Namespace) -> int:
    """Look at everything; 0, or EXIT_PROBLEM where something keeps photos from being cut."""
    found = []
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for each in _all(arguments.root, arguments.config):
        found.append(each)
        if not arguments.json:
            print(line(each, width=width, colour=width is not None), flush=True)
    print(as_json(found) if arguments.json else summary(found))
    return EXIT_PROBLEM if any(each.level == "problem" for each in found) else 0


def _all(root: Path, path: Path | None) -> Iterator[Finding]:
    services = root / INSTALLED.relative_to("/")
    if path is None and installed(root) and services.is_file():
        path = services
    try:
        config = load_config(path)
        yield Finding("config", "ok", f"{path}" if path else "none: all keys as they are by default, folders in ./hot")
    except ConfigError as error:
        first, *mistakes = str(error).splitlines()
        yield Finding(
            "config", "problem", f"{first}; what follows holds for the default keys, folders in ./hot", "; ".join(mistakes)
        )
        config = load_config(None)
    yield from findings(target(root, config))
