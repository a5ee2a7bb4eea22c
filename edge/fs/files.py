"""Files that appear whole or not at all, and survive a power cut once they have appeared.

Every file the appliance makes goes through here: a temporary in the target's own folder, fsync, rename, fsync of the
folder. What a file system does not honour (a disk that lies about fsync) cannot be mended here.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import filecmp
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.fs.identity import Identity
from edge.fs.temporary import copied, create_temporary, written

_LIBC = ctypes.CDLL(None, use_errno=True)
_AT_FDCWD, _RENAME_NOREPLACE = -100, 1


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


def write_atomic(target: Path, data: bytes) -> None:
    """`target` holds `data` whole and durable when this returns; until then whatever it held before."""
    temporary = written(data, target.parent).path
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
    """Rename within one file system, whatever lies at the target, and make both folders remember it."""
    source.rename(target)
    _remember(source, target)


def rename_new(source: Path, target: Path) -> None:
    """The same, but for a target that is there already.

    Raises:
        FileExistsError: something lies at `target`, whoever put it there just now.
        OSError: not renamed; among others for a name that this file system cannot hold.
    """
    if not _renamed(source, target):  # a file system that does not know how: one look, and hope
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
        source.rename(target)
    _remember(source, target)


def move(source: Path, target: Path, owner: str) -> None:
    """Bring `source` to a `target` that is free, across file systems if need be; the source goes last, and only if it is still
    what was moved.

    Repeatable: when a crash left both, an equal target is taken for the copy that was made before it.

    Raises:
        FileExistsError: something else lies at `target`.
        OSError: not moved; the source is untouched.
    """
    if _same_device(source, target.parent):
        _move_within(source, target)
        return
    if not stat.S_ISREG(source.lstat().st_mode):
        raise OSError(f"{source} is no plain file, and can only be moved within its file system")
    if not (target.is_file() and filecmp.cmp(source, target, shallow=False)):
        _copy(source, target, owner)
    source.unlink()
    fsync_folder(source.parent)


def _move_within(source: Path, target: Path) -> None:
    """By link and unlink where that can be done: the inbox's watch is then spared a rename out of it, after which watchdog
    holds back for half a second whatever follows, to see where the file went."""
    try:
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        if not os.path.samestat(source.lstat(), target.lstat()):
            raise
    except OSError:  # no links on this file system, or none to other people's files
        rename_new(source, target)
        return
    fsync_folder(target.parent)
    source.unlink()
    fsync_folder(source.parent)


def _copy(source: Path, target: Path, owner: str) -> None:
    with source.open("rb") as reader:
        before = Identity.of(os.fstat(reader.fileno()))
        temporary = copied(reader.fileno(), target.parent, owner).path
    try:
        if Identity.at(source) != before:
            raise OSError(errno.EAGAIN, "the file changed while it was copied", str(source))
        rename_new(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _renamed(source: Path, target: Path) -> bool:
    """By renameat2(2) with RENAME_NOREPLACE. False where this kernel or file system has no such thing."""
    if _LIBC.renameat2(_AT_FDCWD, os.fsencode(source), _AT_FDCWD, os.fsencode(target), _RENAME_NOREPLACE) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.EINVAL, errno.ENOSYS):  # EINVAL says so of a name as well: the plain rename tells which it was
        return False
    raise OSError(number, os.strerror(number), str(source), None, str(target))


def _remember(source: Path, target: Path) -> None:
    fsync_folder(target.parent)
    if source.parent != target.parent:
        fsync_folder(source.parent)


def _same_device(source: Path, folder: Path) -> bool:
    return source.parent.stat().st_dev == folder.stat().st_dev and not os.path.ismount(source)


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
