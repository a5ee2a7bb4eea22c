"""The command line of `edge-matting doctor`."""

from __future__ import annotations

import argparse
import shutil
import sys
from itertools import chain
from pathlib import Path

from edge.board.access import installed
from edge.commands.doctor.checks import findings
from edge.commands.doctor.show import as_json, line, summary
from edge.config.load import INSTALLED, ConfigError, load_config
from edge.config.types import Config
from edge.monitoring.finding import Finding
from edge.monitoring.target import target

EXIT_PROBLEM = 50
_PHOTOS = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--config", type=Path, metavar="FILE", help="the service's; otherwise the installed one's, or none")
    parser.add_argument("--report", type=Path, metavar="FILE", help="also cut photos, and write a file that you can send us")
    parser.add_argument("--photos", type=int, default=_PHOTOS, metavar="N", help=f"of the report ({_PHOTOS})")
    parser.add_argument("--root", type=Path, default=Path("/"), metavar="DIR", help="where /proc, /sys, /etc and /dev are (/)")


def main(arguments: argparse.Namespace) -> int:
    """Look at everything; 0, or EXIT_PROBLEM where something keeps photos from being cut."""
    found = []
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    path, config, read = _config(arguments.root, arguments.config)
    who = target(arguments.root, config)
    for each in chain([read], findings(who)):
        found.append(each)
        if not arguments.json:
            print(line(each, width=width, colour=width is not None), flush=True)
    print(as_json(found) if arguments.json else summary(found))
    if arguments.report is not None:
        from edge.commands.doctor.report import write_report  # NumPy and more, which no other doctor needs

        write_report(arguments.report, who, path, found, arguments.photos)
        print(f"{arguments.report}: look it through, then send it", file=sys.stderr)
    return EXIT_PROBLEM if any(each.level == "problem" for each in found) else 0


def _config(root: Path, path: Path | None) -> tuple[Path | None, Config, Finding]:
    """The configuration's file, None for none that can be used; what holds; and what is to be said of it."""
    services = root / INSTALLED.relative_to("/")
    if path is None and installed(root) and services.is_file():
        path = services
    try:
        said = f"{path}" if path else "none: all keys as they are by default, folders in ./hot"
        return path, load_config(path), Finding("config", "ok", said)
    except ConfigError as error:
        first, *mistakes = str(error).splitlines()
        said = f"{first}; what follows holds for the default keys, folders in ./hot"
        return None, load_config(None), Finding("config", "problem", said, "; ".join(mistakes))
