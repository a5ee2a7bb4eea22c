"""What became of a photo of the inbox, as the folders tell: by its name, so only of one whose name nobody had before."""

from __future__ import annotations

import json
import os
from pathlib import Path, PurePosixPath

from edge.config.types import HotFolders
from edge.fs.names import fitted, split
from matting.errors import MattingError, by_name, known
from matting.formats.registry import find_format, format_names


def result(folders: HotFolders, path: PurePosixPath) -> Path | MattingError | None:
    """Its cut-out, in whichever format a profile asks for, or why there is none; None while neither is there.

    path: of the photo within the inbox.
    """
    stem, suffix = split(path.name)
    for name in format_names():
        cut_out = folders.outbox / path.parent / fitted(stem, find_format(name).suffix)
        if os.path.lexists(cut_out):
            return cut_out
    for root in (folders.failed, folders.no_person):
        reason = root / path.parent / fitted(stem, suffix + ".json")
        if os.path.lexists(reason):
            return _refusal(reason)
    return None


def _refusal(reason: Path) -> MattingError:
    """The error that the JSON beside a refused photo tells of."""
    try:
        table = json.loads(reason.read_bytes())
        name, words = str(table["error"]), str(table["reason"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        return MattingError(f"it could not be cut, and {reason} cannot be read: {error}")
    return (by_name(name) if known(name) else MattingError)(words)
