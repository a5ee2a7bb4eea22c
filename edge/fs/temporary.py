"""Temporaries: files that are written under a hidden name, and get their own once they are whole and durable.

Their names tell whose they are, so that two services that share a folder leave each other's alone.
"""

from __future__ import annotations

import errno
import os
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.fs.identity import Identity

_PREFIX, _SUFFIX = ".edge-matting-", ".tmp"
_OWNED = re.compile(r"\.edge-matting-([0-9a-f]{8})-.+\.tmp")
# What nobody claims is removed once it is so old by its own disk's clock: no write takes that long.
_ABANDONED = 86400.0
ANYBODY = "00000000"


@dataclass(frozen=True, slots=True)
class Temporary:
    """Whole and durable. identity: of what was written, whatever lies at the path by now."""

    path: Path
    identity: Identity


def new_owner() -> str:
    """A name for whoever makes temporaries, unlike all others."""
    return uuid.uuid4().hex[:8]


def temporary_name(owner: str, unique: str | None = None) -> str:
    """unique: in place of a random part, for a name that is to be found again."""
    return f"{_PREFIX}{owner}-{unique or uuid.uuid4().hex}{_SUFFIX}"


def create_temporary(folder: Path, owner: str = ANYBODY) -> tuple[int, Path]:
    """A new empty file in `folder`, readable and writable as the process's umask says; returns (descriptor, path)."""
    path = folder / temporary_name(owner)
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666), path


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte; os.write may take fewer than it was given."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def written(data: bytes, folder: Path, owner: str = ANYBODY) -> Temporary:
    """A new temporary in `folder` that holds `data`, durable, to be renamed to its name.

    Raises:
        OSError: it cannot be written, and nothing of it is left.
    """
    return _filled(folder, owner, lambda descriptor: write_all(descriptor, data))


def copied(source: int, folder: Path, owner: str = ANYBODY) -> Temporary:
    """The same for all the bytes of an open file, whatever the file's own position; its times go with it."""

    def fill(descriptor: int) -> None:
        _send(source, descriptor)
        status = os.fstat(source)
        os.utime(descriptor, ns=(status.st_atime_ns, status.st_mtime_ns))

    return _filled(folder, owner, fill)


def temporaries(root: Path) -> Iterator[Path]:
    """All temporaries under `root`, whoever left them there."""
    for folder, _, names in os.walk(root):
        for name in names:
            if name.startswith(_PREFIX) and name.endswith(_SUFFIX):
                yield Path(folder, name)


def sweepable(root: Path, owner: str) -> Iterator[Path]:
    """The temporaries under `root` that are this owner's, and those that everybody has long forgotten.

    Raises:
        OSError: the folder cannot be written, which its clock is asked by.
    """
    now: float | None = None
    for path in temporaries(root):
        found = _OWNED.fullmatch(path.name)
        if found and found[1] == owner:
            yield path
            continue
        now = _clock_of(root, owner) if now is None else now
        status = path.lstat()
        if now - max(status.st_mtime, status.st_ctime) > _ABANDONED:
            yield path


def _clock_of(folder: Path, owner: str) -> float:
    """What time it is to the disk, which may be another machine's."""
    descriptor, path = create_temporary(folder, owner)
    try:
        return os.fstat(descriptor).st_mtime
    finally:
        os.close(descriptor)
        path.unlink()


def _send(source: int, target: int) -> None:
    offset, size = 0, os.fstat(source).st_size
    while offset < size:
        sent = os.sendfile(target, source, offset, size - offset)
        if not sent:
            raise OSError(errno.EIO, "the file became shorter while it was copied")
        offset += sent


def _filled(folder: Path, owner: str, fill: Callable[[int], None]) -> Temporary:
    descriptor, path = create_temporary(folder, owner)
    try:
        try:
            fill(descriptor)
            os.fsync(descriptor)
            return Temporary(path, Identity.of(os.fstat(descriptor)))
        finally:
            os.close(descriptor)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
