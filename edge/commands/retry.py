"""`edge-matting retry`: photos that were refused go back into the inbox, for a new try."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from edge.commands.exit_code import exit_code
from edge.config.load import service_config
from edge.config.types import HotFolders
from edge.delivery.refused import Refused, refused
from edge.fs.names import printable
from matting.errors import MattingError, OutputError, SettingsError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    names = "a photo's name in failed, with its sub-folder, or its path; without a name, what lies there is listed"
    parser.add_argument("names", nargs="*", metavar="NAME", help=names)
    parser.add_argument("--all", action="store_true", help="all of them")
    parser.add_argument("--no-person", action="store_true", help="those of no-person too")
    parser.add_argument("--config", type=Path, metavar="FILE", help="the configuration of the service")


def main(arguments: argparse.Namespace) -> int:
    """Prints where each lies now, or with neither names nor --all what could be tried again.

    Raises:
        SettingsError: names and --all.
    """
    if arguments.names and arguments.all:
        raise SettingsError("--all is all of them: leave out the names, or --all")
    folders = service_config(arguments.config).folders
    roots = [folders.failed, *([folders.no_person] if arguments.no_person else [])]
    found = [each for root in roots for each in refused(root)]
    if not arguments.names and not arguments.all:
        return _list(found, roots)
    failures = [error for name in arguments.names if (error := _named(name, found, folders)) is not None]
    if arguments.all:
        failures = [error for each in found if (error := _put_back(each, folders)) is not None]
    return exit_code(failures)


def _list(found: Sequence[Refused], roots: Sequence[Path]) -> int:
    for each in found:
        print(printable(f"{each.path}  {each.words}".rstrip()))
    if found:
        print("edge-matting: retry NAME or --all puts them back into the inbox", file=sys.stderr)
    else:
        print(f"edge-matting: nothing lies in {' or '.join(map(str, roots))}", file=sys.stderr)
    return 0


def _named(name: str, found: Sequence[Refused], folders: HotFolders) -> MattingError | None:
    """Put back the one that is called so; what was wrong, which is told."""
    real = os.path.realpath(name)
    for each in found:
        if PurePosixPath(name) == each.path or real == os.path.realpath(each.root / each.path):
            return _put_back(each, folders)
    return _told(name, SettingsError(f"no such photo in {folders.failed}: edge-matting retry lists those that there are"))


def _put_back(photo: Refused, folders: HotFolders) -> MattingError | None:
    """What was wrong, which is told."""
    try:
        target = photo.put_back(folders.inbox)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        return _told(str(photo.path), OutputError(f"not moved: {error.strerror or error}{where}"))
    print(printable(str(target)))
    return None


def _told(name: str, error: MattingError) -> MattingError:
    print(f"{printable(name)}: {error}", file=sys.stderr)
    return error
