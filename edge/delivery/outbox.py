"""Where finished photos go: names that are free, temporaries to write to, deliveries that get done in the end."""

from __future__ import annotations

import errno
import logging
import os
import stat
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePosixPath

from edge.config.types import HotFolders
from edge.delivery.delivery import Delivery, Output, OutputLost, hidden, name_before, put_back
from edge.delivery.journal import Journal
from edge.delivery.reason import reason_json
from edge.fs.files import make_folders
from edge.fs.identity import Identity
from edge.fs.names import NAME_ERRORS, fitted, free_names, portable, printable, split
from edge.fs.sighting import Sighting
from edge.fs.temporary import Temporary, copied, sweepable, temporaries, written
from matting.errors import MattingError, Place

log = logging.getLogger(__name__)


class Outbox:
    """All that leaves the inbox leaves through here.

    Raises (every method): OSError or sqlite3.Error where a disk is full, gone or read-only: wait, then call again.
    """

    def __init__(self, folders: HotFolders, journal: Journal) -> None:
        self._folders = folders
        self._journal = journal
        self._owner = journal.owner
        self._roots = (folders.outbox, folders.done, folders.failed, folders.no_person)
        self._mounts = {root: _mount_point(root) for root in (folders.inbox, *self._roots)}
        self._begun: dict[PurePosixPath, Delivery] = {}

    def recover(self) -> set[PurePosixPath]:
        """After a crash: complete what was begun, give originals that no delivery knows of their names again, and remove
        temporaries that belong to nothing.

        Returns the paths whose delivery is still held up.
        """
        held_up = {path for path in self.pending() if not self._completes(path)}
        known = {hidden(self._folders.inbox / path, self._owner) for path in held_up}
        for path in temporaries(self._folders.inbox):
            if path not in known and (name := name_before(path, self._owner)) is not None:
                put_back(path, path.with_name(name))
        self.sweep()
        return held_up

    def sweep(self) -> None:
        """Remove temporaries of ours that belong to no delivery, and such as nobody has claimed for long."""
        wanted = {output.temporary for delivery in self._journal.pending_deliveries() for output in delivery.outputs}
        for root in (*self._roots, self._folders.state, self._folders.inbox):
            for temporary in sweepable(root, self._owner):
                if temporary not in wanted and name_before(temporary) is None:
                    temporary.unlink(missing_ok=True)

    def check_disks(self) -> None:
        """All disks that were there at the start are there."""
        for root in self._mounts:
            self._check_root(root)

    def try_out(self) -> None:
        """The disks are there, and a file can be made in the outbox."""
        self.check_disks()
        written(b"", self._folders.outbox, self._owner).path.unlink()

    def check_output(self, path: PurePosixPath) -> None:
        """The outputs of `path` will have a folder that may be written: better known before the photo is cut than after."""
        folder, _ = self._folder(self._folders.outbox, path)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder / path.name))

    def pending(self) -> set[PurePosixPath]:
        """The inputs of deliveries that are begun and not completed."""
        return {delivery.path for delivery in self._journal.pending_deliveries()}

    def complete(self, path: PurePosixPath) -> None:
        """Carry on with a delivery that could not be completed.

        Raises:
            OutputLost: it never will be: the photo is to be cut again.
        """
        delivery = self._begun.get(path) or self._journal.pending_delivery(path)
        if delivery is not None:
            self._complete(delivery)

    def deliver(
        self, sighting: Sighting, outputs: Sequence[tuple[int, str]], record: Callable[[Path], bytes] | None = None
    ) -> list[Path]:
        """The photo was cut: its outputs, each a descriptor to read and a suffix, appear under their names; its original goes
        to done. Returns the outputs' paths.

        record: makes the JSON that goes with them as one more output, of the first output's path. Where another program takes
        that path in this very moment, the output gets the next free one, and the JSON speaks of the first.

        Raises:
            OutputLost: somebody deleted an output on its way; nothing of the photo is left in the outbox.
        """
        folder, name = self._folder(self._folders.outbox, sighting.path)
        suffixes = [suffix for _, suffix in outputs] + ([] if record is None else [".json"])
        finals = free_names(split(name)[0], [(folder, suffix) for suffix in suffixes])
        original, keeps = self._original_after_success(sighting.path)
        made: list[Temporary] = []
        try:
            for descriptor, _ in outputs:
                made.append(copied(descriptor, folder, self._owner))
            if record is not None:
                made.append(written(record(finals[0]), folder, self._owner))
        except OSError:
            _discard(temporary.path for temporary in made)
            raise
        pairs = tuple(Output.of(temporary, final) for temporary, final in zip(made, finals, strict=True))
        completed = self._carry_out(Delivery(sighting.path, sighting.identity, pairs, original, keeps))
        return [output.final for output in completed.outputs]

    def refuse(self, sighting: Sighting, error: MattingError, attempts: int) -> Path:
        """The photo cannot be cut: it goes to the error's place, with a JSON beside it that says why. Returns the JSON."""
        root = self._folders.no_person if error.place is Place.NO_PERSON else self._folders.failed
        folder, name = self._folder(root, sighting.path)
        stem, suffix = split(name)
        original, reason = free_names(stem, [(folder, suffix), (folder, suffix + ".json")])
        keeps = self._folders.original == "keep" or not _movable(self._folders.inbox / sighting.path, folder)
        temporary = written(reason_json(sighting.path, error, attempts, stays=keeps), folder, self._owner)
        outputs = (Output.of(temporary, reason),)
        delivery = Delivery(sighting.path, sighting.identity, outputs, None if keeps else original, keeps)
        return self._carry_out(delivery).outputs[0].final

    def _original_after_success(self, path: PurePosixPath) -> tuple[Path | None, bool]:
        if self._folders.original != "move":
            return None, self._folders.original == "keep"
        folder, name = self._folder(self._folders.done, path)
        stem, suffix = split(name)
        return free_names(stem, [(folder, suffix)])[0], False

    def _carry_out(self, delivery: Delivery) -> Delivery:
        """Where the journal fails, it may know the delivery or not: its temporaries stay until a sweep asks it again."""
        self._journal.begin_delivery(delivery)
        return self._complete(delivery)

    def _completes(self, path: PurePosixPath) -> bool:
        try:
            self.complete(path)
        except OutputLost:
            log.warning("an output of %s was deleted on its way: it will be cut again", printable(path))
        except OSError as error:
            log.warning("delivery of %s is held up: %s", printable(path), error)
            return False
        return True

    def _complete(self, delivery: Delivery) -> Delivery:
        """On a disk that is away nothing is found, and that must not be taken for done: the disks are looked at twice.
        What this process has published it knows by itself: outputs may be fetched before their original has left."""
        self.check_disks()
        recorded = self._begun[delivery.path] = delivery
        try:
            delivery = self._published(delivery)
            delivery.settle(self._folders.inbox, self._owner)
            self.check_disks()
        except OutputLost:
            self.check_disks()
            self._call_off(self._begun[delivery.path])
            raise
        except OSError:
            if self._begun[delivery.path] != recorded:
                self._journal.update_delivery(self._begun[delivery.path])
            raise
        self._journal.end_delivery(delivery)
        del self._begun[delivery.path]
        return delivery

    def _published(self, delivery: Delivery) -> Delivery:
        for number in range(len(delivery.outputs)):
            while not delivery.outputs[number].published:
                try:
                    delivery = delivery.published(number)
                except OSError as error:
                    delivery = delivery.renamed(number, error)
                    self._journal.update_delivery(delivery)
                self._begun[delivery.path] = delivery
        return delivery

    def _call_off(self, delivery: Delivery) -> None:
        """What is left of its outputs goes, so that the next attempt's are the only ones."""
        for output in delivery.outputs:
            output.temporary.unlink(missing_ok=True)
            if output.published and output.identity is not None and Identity.at(output.final) == output.identity:
                output.final.unlink(missing_ok=True)
        self._journal.call_off_delivery(delivery.path)
        del self._begun[delivery.path]

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
    while path.is_symlink() or not path.is_dir():
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
