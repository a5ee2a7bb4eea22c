"""Files that appear whole or not at all, and survive a power cut once they have appeared.

Every file the appliance makes goes through here: a temporary in the target's own folder, fsync, rename, fsync of the
folder. What a file system does not honour (a disk that lies about fsync) cannot be mended here.
"""

from __future__ import annotations

import errno
import fcntl
import filecmp
import os
import stat
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_TEMP_PREFIX = ".edge-matting-"
_TEMP_SUFFIX = ".tmp"


@dataclass(frozen=True, slots=True)
class Identity:
    """Tells one content of a path from another: replaced, rewritten or grown files differ in at least one field."""

    inode: int
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> Identity:
        return cls(status.st_ino, status.st_size, status.st_mtime_ns)

    @classmethod
    def parse(cls, text: str) -> Identity:
        """The inverse of `str`."""
        return cls(*(int(part) for part in text.split(":")))

    def __str__(self) -> str:
        return f"{self.inode}:{self.size}:{self.mtime_ns}"

    @classmethod
    def at(cls, path: Path) -> Identity | None:
        """Of the entry itself (links are not followed); None where there is nothing."""
        try:
            return cls.of(path.lstat())
        except (FileNotFoundError, NotADirectoryError):
            return None


def file_id(path: Path) -> tuple[int, int] | None:
    """Device and inode of what lies there, links followed; None where nothing does, or nothing can be looked at."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def make_folders(folder: Path) -> None:
    """Create `folder` and its parents, durably: a file renamed into a folder that a power cut takes away is lost."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for new in reversed(missing):
        new.mkdir(exist_ok=True)
        fsync_folder(new.parent)


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Held by one process at a time, and let go when that ends, however it does.

    Raises:
        BlockingIOError: another one holds it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def create_temporary(folder: Path) -> tuple[int, Path]:
    """A new empty file in `folder`, readable and writable as the process's umask says; returns (descriptor, path)."""
    path = folder / f"{_TEMP_PREFIX}{uuid.uuid4().hex}{_TEMP_SUFFIX}"
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666), path


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte; os.write may take fewer than it was given."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def written(data: bytes, folder: Path) -> Path:
    """A new temporary in `folder` that holds `data`, durable, to be renamed to its name.

    Raises:
        OSError: it cannot be written, and nothing of it is left.
    """
    return _temporary(folder, lambda descriptor: write_all(descriptor, data))


def copied(source: int, folder: Path) -> Path:
    """The same for all the bytes of an open file, whatever the file's own position; see `written`."""
    return _temporary(folder, lambda descriptor: _send(source, descriptor))


def _send(source: int, target: int) -> None:
    offset, size = 0, os.fstat(source).st_size
    while offset < size:
        sent = os.sendfile(target, source, offset, size - offset)
        if not sent:
            raise OSError(errno.EIO, "the file became shorter while it was copied")
        offset += sent


def _temporary(folder: Path, fill: Callable[[int], None]) -> Path:
    descriptor, path = create_temporary(folder)
    try:
        try:
            fill(descriptor)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def write_atomic(target: Path, data: bytes) -> None:
    """`target` holds `data` whole and durable when this returns; until then whatever it held before."""
    temporary = written(data, target.parent)
    try:
        rename(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_volatile(target: Path, data: bytes, mode: int) -> None:
    """`target` holds `data` whole, but may be lost or empty after a power cut: for what is written often.

    mode: who may read it, whatever the process's umask says.
    """
    descriptor, temporary = create_temporary(target.parent)
    try:
        with os.fdopen(descriptor, "wb") as writer:
            os.fchmod(descriptor, mode)
            writer.write(data)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def rename(source: Path, target: Path) -> None:
    """Rename within one file system, and make both folders remember it."""
    source.rename(target)
    fsync_folder(target.parent)
    if source.parent != target.parent:
        fsync_folder(source.parent)


def move(source: Path, target: Path) -> None:
    """Bring `source` to `target`, across file systems if need be; the source goes last.

    Repeatable: when a crash left both, an equal target is taken for the copy that was made before it.

    Raises:
        OSError: not moved; the source is untouched.
    """
    if _same_device(source, target.parent):
        _move_within(source, target)
        return
    if not stat.S_ISREG(source.lstat().st_mode):
        raise OSError(f"{source} is no plain file, and can only be moved within its file system")
    if not (target.exists() and filecmp.cmp(source, target, shallow=False)):
        _copy(source, target)
    source.unlink()
    fsync_folder(source.parent)


def _move_within(source: Path, target: Path) -> None:
    """By link and unlink, which cannot overwrite a file that somebody put at `target` just now, as a rename would.

    It also spares the inbox's watch a rename out of it: watchdog holds back for half a second whatever follows one,
    to see where the file went.
    """
    try:
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        if not os.path.samestat(source.lstat(), target.lstat()):
            raise
    except OSError:  # no links on this file system, or none to other people's files
        rename(source, target)
        return
    fsync_folder(target.parent)
    source.unlink()
    fsync_folder(source.parent)


def _same_device(source: Path, folder: Path) -> bool:
    return source.parent.stat().st_dev == folder.stat().st_dev and not os.path.ismount(source)


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as reader:
        temporary = copied(reader.fileno(), target.parent)
    try:
        status = source.stat()
        os.utime(temporary, ns=(status.st_atime_ns, status.st_mtime_ns))
        rename(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def fsync_folder(folder: Path) -> None:
    """Make renames in `folder` durable. File systems that cannot sync a folder (some network ones) say EINVAL."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def temporaries(root: Path) -> Iterator[Path]:
    """The temporaries of this module under `root`, whoever left them there."""
    for folder, _, names in os.walk(root):
        for name in names:
            if name.startswith(_TEMP_PREFIX) and name.endswith(_TEMP_SUFFIX):
                yield Path(folder, name)
