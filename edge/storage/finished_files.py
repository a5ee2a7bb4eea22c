"""The files in the folders of finished photos: found, and removed, without ever following a link."""

from __future__ import annotations

import contextlib
import logging
import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath
from typing import Literal

from edge.fs.identity import Identity
from edge.fs.names import is_ignored, split
from edge.storage.retention import Kept
from matting.formats.registry import find_format, format_names

log = logging.getLogger(__name__)

# What lies beside a photo: the reason a.jpg.json beside the refused a.jpg; the record a.json beside the cut-out a.png.
Beside = Literal["reason", "record"]
_JSON = ".json"


def finished_files(root: Path, avoided: Collection[tuple[int, int]]) -> Iterator[Kept]:
    """The plain files below `root`, on its own disk, but for hidden and temporary ones.

    avoided: places (see `place`) of folders that are not entered.
    """
    disk = root.stat().st_dev
    stack = [PurePosixPath()]
    while stack:
        folder = stack.pop()
        try:
            with os.scandir(root / folder) as entries:
                for entry in entries:
                    if is_ignored(entry.name):
                        continue
                    status = entry.stat(follow_symlinks=False)
                    path = folder / entry.name
                    if stat.S_ISREG(status.st_mode):
                        # When it came there: the time of its content may be the day on which the photo was taken.
                        yield Kept(root, path, Identity.of(status), status.st_ctime, status.st_blocks * 512)
                    elif stat.S_ISDIR(status.st_mode) and status.st_dev == disk and file_id_of(status) not in avoided:
                        stack.append(path)
        except OSError as error:
            log.debug("%s cannot be looked through: %s", root / folder, error)


def file_id_of(status: os.stat_result) -> tuple[int, int]:
    """Tells one folder from another, whatever the paths to it."""
    return status.st_dev, status.st_ino


def remove(kept: Kept, beside: Beside | None) -> int:
    """Remove the file, and the folders that it leaves empty; how many files went. One that was changed since stays.

    beside: the JSON that lies beside each photo of that folder: it goes together with its photo, or not at all.
    """
    try:
        with _opened(kept.root, kept.path.parent) as folder:
            names = _names(folder, kept, beside)
            for name in names:
                os.unlink(name, dir_fd=folder)
        if names:
            _remove_empty(kept.root, kept.path.parent)
    except OSError as error:
        log.debug("%s stays: %s", kept.path, error)
        return 0
    return len(names)


def _names(folder: int, kept: Kept, beside: Beside | None) -> list[str]:
    name = kept.path.name
    if _identity(folder, name) != kept.identity:
        return []
    if beside is None:
        return [name]
    if name.endswith(_JSON) and any(_identity(folder, photo) is not None for photo in _photos(name, beside)):
        return []
    json = (name if beside == "reason" else split(name)[0]) + _JSON
    return [name, json] if json != name and _identity(folder, json) is not None else [name]


def _photos(json: str, beside: Beside) -> list[str]:
    """What the photo may be called that a JSON lies beside."""
    stem = json.removesuffix(_JSON)
    return [stem] if beside == "reason" else [stem + find_format(name).suffix for name in format_names()]


@contextlib.contextmanager
def _opened(root: Path, folder: PurePosixPath) -> Iterator[int]:
    """A descriptor of root/folder; no part of `folder` is followed if it is a link, whoever put it there meanwhile."""
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in folder.parts:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def _identity(folder: int, name: str) -> Identity | None:
    """Of a plain file in `folder`; None for anything else."""
    try:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    return Identity.of(status) if stat.S_ISREG(status.st_mode) else None


def _remove_empty(root: Path, folder: PurePosixPath) -> None:
    """The folder that the last file left, and those above it, up to the root; the first that is not empty ends it."""
    while folder.parts:
        with _opened(root, folder.parent) as above:
            try:
                os.rmdir(folder.name, dir_fd=above)
            except OSError:
                return
        folder = folder.parent
