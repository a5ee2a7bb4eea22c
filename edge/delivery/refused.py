"""Refused photos in failed or no-person, each with its reason beside it, and their way back into the inbox."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from edge.fs.files import fsync_folder, make_folders, move
from edge.fs.names import free_names, is_ignored, split
from edge.fs.temporary import ANYBODY

_JSON = ".json"
_LONGEST = 1 << 16  # bytes of a reason: `reason_json` makes a few thousand at most


@dataclass(frozen=True, slots=True)
class Refused:
    """root/path is the photo; words: why it was refused, "" where nothing says so; origin: where it lay in the inbox."""

    root: Path
    path: PurePosixPath
    words: str
    origin: PurePosixPath

    @property
    def reason(self) -> Path:
        """The JSON, whether it is there or not."""
        return self.root / f"{self.path}{_JSON}"

    def put_back(self, inbox: Path) -> Path:
        """Bring it into the inbox, under its name there or the first free one, durably; then its reason goes. Gives the path.

        What a crash in between leaves is the photo in both places, or its reason without it, and never neither.

        Raises:
            OSError: not moved; it is where it was.
        """
        folder = _folder(inbox, self.origin.parent)
        stem, suffix = split(self.origin.name)
        while True:
            target = free_names(stem, [(folder, suffix)])[0]
            try:
                move(self.root / self.path, target, ANYBODY)
            except FileExistsError:  # somebody was quicker
                continue
            break
        self.reason.unlink(missing_ok=True)
        fsync_folder(self.reason.parent)
        return target


def refused(root: Path) -> Iterator[Refused]:
    """All photos below a folder of refused ones, in order."""
    for folder, folders, names in os.walk(root):
        folders.sort()
        below = PurePosixPath(os.path.relpath(folder, root))
        for name in sorted(names):
            if is_ignored(name) or (name.endswith(_JSON) and _is_reason(Path(folder, name))):
                continue
            path = below / name
            table = _table(root / f"{path}{_JSON}")
            yield Refused(root, path, str(table.get("reason", "")), _origin(table) or path)


def _is_reason(path: Path) -> bool:
    """Whether it is the reason beside a photo, or of one that is there no more; else it is a refused file of that name."""
    return path.with_name(path.name.removesuffix(_JSON)).exists() or {"file", "error", "reason"} <= _table(path).keys()


def _table(path: Path) -> dict[str, Any]:
    """What the JSON says; nothing where it is not there or cannot be read."""
    try:
        with path.open("rb") as reader:
            table = json.loads(reader.read(_LONGEST))
    except (OSError, ValueError, RecursionError):
        return {}
    return table if isinstance(table, dict) else {}


def _origin(table: dict[str, Any]) -> PurePosixPath | None:
    """The photo's path in the inbox. Whoever may write into the folder may have written it: it leads nowhere else."""
    path = PurePosixPath(str(table.get("file", "")))
    if not path.parts or path.is_absolute() or "\0" in str(path) or any(map(is_ignored, path.parts)):  # ".." is one of those
        return None
    return path


def _folder(inbox: Path, below: PurePosixPath) -> Path:
    """The folder in the inbox, made where it is missing.

    Raises:
        OSError: the inbox is not there, or a link or a file lies in the folder's place.
    """
    if not inbox.is_dir():
        raise FileNotFoundError(errno.ENOENT, "the inbox, or the disk that it was on, is not there", str(inbox))
    folder = inbox
    for part in below.parts:
        folder = folder / part
        if os.path.lexists(folder) and not stat.S_ISDIR(folder.lstat().st_mode):
            raise NotADirectoryError(errno.ENOTDIR, "is no folder", str(folder))
    make_folders(folder)
    return folder
