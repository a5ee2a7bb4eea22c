"""Room on the disks: when there is too little, no photo is taken in; finished ones are removed where that is wished."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path

from edge.config.retention import KEEP_ALL
from edge.config.types import Config
from edge.delivery.delivery import Delivery
from edge.storage.disk_space import Disk, enough, nearly_full
from edge.storage.pruner import Pruner

log = logging.getLogger(__name__)

_EVERY = 2.0  # seconds between two looks at the disks
# More room is made than is asked for, or the next photo would call for the next look through all files.
_AHEAD = 1.1


class DiskMonitor:
    """pending: gives the deliveries that are under way. note: hears how many files and bytes were removed.

    trouble: why no photo is to be taken in, "" while there is room.
    """

    def __init__(self, config: Config, pending: Callable[[], Iterable[Delivery]], note: Callable[[int, int], None]) -> None:
        folders = config.folders
        self._reserve, self._retention = config.reserve, config.retention
        self._watched = (folders.outbox, folders.done, folders.failed, folders.no_person, folders.state)
        self._pending = pending
        self._pruner: Pruner | None = None
        if config.retention != KEEP_ALL:
            self._pruner = Pruner(folders, config.retention, self._protected, note, records=config.hooks.json)
        self._disks: dict[int, Disk] = {}
        self._full: frozenset[int] = frozenset()
        self._next = 0.0
        self.trouble = ""

    @property
    def busy(self) -> bool:
        """Whether files are being looked through."""
        return self._pruner is not None and self._pruner.busy

    def poll(self, now: float) -> None:
        """Look at the disks now and then; a step of removing, where that is due."""
        if now >= self._next:
            self._next = now + _EVERY
            self._judge()
        if self._pruner is not None:
            try:
                self._pruner.poll(now, self._missing())
            except (OSError, sqlite3.Error) as error:
                log.warning("finished photos stay for now: %s", error)

    def _judge(self) -> None:
        self._disks = _disks(self._watched)
        self._full = nearly_full(self._disks, self._reserve, self._full)
        before, self.trouble = self.trouble, "; ".join(self._sentence(self._disks[number]) for number in sorted(self._full))
        if self.trouble and not before:
            log.error("%s: photos wait in the inbox", self.trouble)
        elif before and not self.trouble:
            log.info("the disks have room again")

    def _sentence(self, disk: Disk) -> str:
        needed = enough(disk, self._reserve)
        return f"the disk of {disk.folder} is nearly full: {disk.free / 1e6:.0f} MB left, {needed / 1e6:.0f} MB are needed"

    def _missing(self) -> dict[int, int]:
        """Bytes to be gained, by the disk's number. A full disk must at least become one that is not."""
        keep_free = self._retention.keep_free
        if keep_free is None:
            return {}
        missing = {}
        for number, disk in self._disks.items():
            wanted = max(keep_free.of(disk.total), enough(disk, self._reserve) if number in self._full else 0)
            if disk.free < wanted:
                missing[number] = int(wanted * _AHEAD) - disk.free
        return missing

    def _protected(self) -> set[Path]:
        files = set()
        for delivery in self._pending():
            files |= {output.final for output in delivery.outputs}
            if delivery.original is not None:
                files.add(delivery.original)
        return files


def _disks(folders: Iterable[Path]) -> dict[int, Disk]:
    """The disks that these folders lie on, by number; one that is away is left out, as that is told elsewhere."""
    disks: dict[int, Disk] = {}
    for folder in folders:
        try:
            number, space = folder.stat().st_dev, os.statvfs(folder)
        except OSError:
            continue
        disks.setdefault(number, Disk(folder, space.f_blocks * space.f_frsize, space.f_bavail * space.f_frsize))
    return disks
