"""Where finished photos go: names that are free, temporaries to write to, deliveries that get done in the end."""

from __future__ import annotations

import errno
import json
import logging
import stat
import time
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from edge.config.types import HotFolders
from edge.delivery.delivery import Delivery
from edge.delivery.journal import Journal
from edge.fs.files import copied, make_folders, temporaries, written
from edge.fs.names import NAME_ERRORS, fitted, free_names, portable, printable
from edge.fs.sighting import Sighting
from matting.errors import MattingError, Place

log = logging.getLogger(__name__)


class Outbox:
    """All that leaves the inbox leaves through here.

    Raises (every method): OSError or sqlite3.Error where a disk is full, gone or read-only: wait, then call again.
    """

    def __init__(self, folders: HotFolders, journal: Journal) -> None:
        self._folders = folders
        self._journal = journal
        self._roots = (folders.outbox, folders.done, folders.failed, folders.no_person)
        self._mounts = {root: _mount_point(root) for root in (folders.inbox, *self._roots)}

    def recover(self) -> set[PurePosixPath]:
        """After a crash: complete what was begun, and remove temporaries that belong to nothing.

        Returns the paths whose delivery is still held up.
        """
        held_up = self.complete_pending()
        self.sweep()
        return held_up

    def sweep(self) -> None:
        """Remove temporaries that belong to no delivery."""
        wanted = {temporary for delivery in self._journal.pending_deliveries() for temporary, _ in delivery.outputs}
        for root in self._roots:
            for temporary in temporaries(root):
                if temporary not in wanted:
                    temporary.unlink(missing_ok=True)

    def check_disks(self) -> None:
        """All disks that were there at the start are there."""
        for root in self._mounts:
            self._check_root(root)

    def try_out(self) -> None:
        """The disks are there, and a file can be made in the outbox."""
        self.check_disks()
        _discard([written(b"", self._folders.outbox)])

    def complete_pending(self) -> set[PurePosixPath]:
        """Carry on with deliveries that could not be completed; the paths of those that still cannot."""
        held_up = set()
        for delivery in self._journal.pending_deliveries():
            try:
                self._complete(delivery)
            except OSError as error:
                log.warning("delivery of %s is held up: %s", printable(delivery.path), error)
                held_up.add(delivery.path)
        return held_up

    def deliver(self, sighting: Sighting, outputs: Sequence[tuple[int, str]]) -> list[Path]:
        """The photo was cut: its outputs, each a descriptor to read and a suffix, appear under their names; its original goes
        to done. Returns the outputs' paths."""
        folder, name = self._folder(self._folders.outbox, sighting.path)
        finals = free_names(PurePosixPath(name).stem, [(folder, suffix) for _, suffix in outputs])
        original, keeps = self._original_after_success(sighting.path)
        temporaries: list[Path] = []
        try:
            for descriptor, _ in outputs:
                temporaries.append(copied(descriptor, folder))
        except OSError:
            _discard(temporaries)
            raise
        pairs = tuple(zip(temporaries, finals, strict=True))
        self._carry_out(Delivery(sighting.path, sighting.identity, pairs, original, keeps))
        return finals

    def refuse(self, sighting: Sighting, error: MattingError, attempts: int) -> Path:
        """The photo cannot be cut: it goes to the error's place, with a JSON beside it that says why. Returns the JSON."""
        root = self._folders.no_person if error.place is Place.NO_PERSON else self._folders.failed
        folder, name = self._folder(root, sighting.path)
        suffix = PurePosixPath(name).suffix
        original, reason = free_names(PurePosixPath(name).stem, [(folder, suffix), (folder, suffix + ".json")])
        keeps = self._folders.original == "keep" or not _movable(self._folders.inbox / sighting.path, folder)
        temporary = written(_reason(sighting.path, error, attempts, keeps), folder)
        outputs = ((temporary, reason),)
        self._carry_out(Delivery(sighting.path, sighting.identity, outputs, None if keeps else original, keeps))
        return reason

    def _original_after_success(self, path: PurePosixPath) -> tuple[Path | None, bool]:
        if self._folders.original != "move":
            return None, self._folders.original == "keep"
        folder, name = self._folder(self._folders.done, path)
        return free_names(PurePosixPath(name).stem, [(folder, PurePosixPath(name).suffix)])[0], False

    def _carry_out(self, delivery: Delivery) -> None:
        """Where the journal fails, it may know the delivery or not: its temporaries stay until a sweep asks it again."""
        self._journal.begin_delivery(delivery)
        self._complete(delivery)

    def _complete(self, delivery: Delivery) -> None:
        """On a disk that is away nothing is found, and that must not be taken for done: the disks are looked at twice."""
        self.check_disks()
        delivery.complete(self._folders.inbox)
        self.check_disks()
        self._journal.end_delivery(delivery)

    def _folder(self, root: Path, path: PurePosixPath) -> tuple[Path, str]:
        """The folder below `root` for `path`, made if need be, and the file's name in it.

        A name that this file system cannot hold is spelt in one that it can; a folder in whose place a file lies takes a
        number: a refused file `z`, and a photo in a folder `z`, can both have been in the inbox, one after the other.
        """
        self._check_root(root)
        for spell in (str, portable):
            parts = [spell(part) for part in path.parts]
            folder = root
            try:
                for part in parts[:-1]:
                    folder = _no_file(folder, part)
                make_folders(folder)
                (folder / parts[-1]).lstat()
            except FileNotFoundError:
                break
            except OSError as error:
                if error.errno in NAME_ERRORS and spell is not portable:
                    continue
                raise
            break
        return folder, parts[-1]

    def _check_root(self, root: Path) -> None:
        """A missing root is a disk that is not there: to make the folder anew would fill the disk below it."""
        if not root.is_dir() or _mount_point(root) != self._mounts[root]:
            raise OSError(errno.ENODEV, "the folder, or the disk that it was on, is gone", str(root))


def _discard(temporaries: Iterable[Path]) -> None:
    for temporary in temporaries:
        try:
            temporary.unlink(missing_ok=True)
        except OSError as error:  # its folder went away with the disk; the sweep at the next start finds it
            log.debug("temporary %s stays for now: %s", temporary, error)


def _no_file(folder: Path, name: str) -> Path:
    """folder/name, or with the first number behind it where no file lies."""
    path, number = folder / name, 1
    while not path.is_dir():
        try:
            path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            break
        number += 1
        path = folder / fitted(f"{name}-{number}", "")
    return path


def _mount_point(path: Path) -> Path:
    path = path.resolve()
    while not path.is_mount():
        path = path.parent
    return path


def _movable(source: Path, folder: Path) -> bool:
    """Links, FIFOs and the like can only be renamed; into another file system they cannot go."""
    try:
        return stat.S_ISREG(source.lstat().st_mode) or source.parent.stat().st_dev == folder.stat().st_dev
    except FileNotFoundError:
        return True


def _reason(path: PurePosixPath, error: MattingError, attempts: int, stays: bool) -> bytes:
    table = {
        "file": str(path),
        "error": type(error).__name__,
        "reason": str(error),
        "attempts": attempts,
        "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "original": "stays in the inbox" if stays else "beside this file",
    }
    return (json.dumps(table, indent=2) + "\n").encode()
