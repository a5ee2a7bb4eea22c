"""Removes finished photos as the retention says: step by step, so that the loop is never held up by many files."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from edge.config.retention import Retention
from edge.config.types import HotFolders
from edge.storage.clock import looked_at
from edge.storage.finished_files import Beside, file_id_of, finished_files, remove
from edge.storage.retention import Choice, Kept

log = logging.getLogger(__name__)

SLICE = 0.02  # seconds of one step
_EVERY = 600.0  # seconds between two looks at the files' age
_SHARE = 0.05  # of the time may be spent on looking, however many files there are
_MOST = 4096  # files that one look remembers


class Pruner:
    """Loops over the folders, chooses, removes; a look at a time, a disk at a time.

    protected: gives the files of deliveries that are under way. note: hears how many files and bytes were removed.
    records: whether a JSON lies beside each cut-out.
    """

    def __init__(
        self,
        folders: HotFolders,
        retention: Retention,
        protected: Callable[[], set[Path]],
        note: Callable[[int, int], None],
        *,
        records: bool = False,
    ) -> None:
        self._days = {
            folders.done: retention.done_days,
            folders.failed: retention.failed_days,
            folders.no_person: retention.no_person_days,
            folders.outbox: retention.outbox_days,
        }
        self._beside: dict[Path, Beside] = {folders.failed: "reason", folders.no_person: "reason"}
        if records:
            self._beside[folders.outbox] = "record"
        self._others = (folders.inbox, folders.state, folders.backgrounds)
        self._clock_file = folders.state / "clock.json"
        self._protected, self._note = protected, note
        self._look: Iterator[None] | None = None
        self._cost = self._next = self._earliest = 0.0
        self._more = False

    @property
    def busy(self) -> bool:
        """Whether a look is under way."""
        return self._look is not None

    def poll(self, now: float, missing: Mapping[int, int]) -> None:
        """A step of the look that is under way, or of a new one when it is time.

        missing: bytes that are to be gained, by the disk's number.
        """
        if self._look is None and now >= (self._earliest if missing or self._more else self._next):
            self._look, self._cost = self._looked(missing), 0.0
        if self._look is not None:
            started = time.monotonic()
            ended = _ends_within(self._look, started + SLICE)
            self._cost += time.monotonic() - started
            if ended:
                self._look = None
                self._earliest = now + max(1.0, self._cost / _SHARE)
                self._next = now + _EVERY

    def _looked(self, missing: Mapping[int, int]) -> Iterator[None]:
        self._more = False
        clock = looked_at(self._clock_file)
        avoided = set(_file_ids((*self._days, *self._others)))
        for number, roots in _by_disk(list(self._days)).items():
            wanted = [root for root in roots if number in missing or self._days[root] is not None]
            choice = Choice(clock.last.wall, _MOST)
            for root in wanted:
                for kept in finished_files(root, avoided):
                    choice.see(replace(kept, since=clock.last.wall - clock.age(kept.since)), self._days[root])
                    yield
            yield from self._remove_all(choice.to_remove(missing.get(number, 0)))
            self._more = self._more or choice.more

    def _remove_all(self, to_remove: list[Kept]) -> Iterator[None]:
        protected = self._protected() if to_remove else set()
        files = gained = 0
        for kept in to_remove:
            if kept.root / kept.path not in protected:
                removed = remove(kept, self._beside.get(kept.root))
                files, gained = files + removed, gained + (kept.size if removed else 0)
                yield
        if files:
            log.info("removed %d file%s of finished photos, %.1f MB", files, "s" * (files > 1), gained / 1e6)
            self._note(files, gained)


def _ends_within(look: Iterator[None], end: float) -> bool:
    return all(time.monotonic() < end for _ in look)


def _by_disk(roots: list[Path]) -> dict[int, list[Path]]:
    disks: dict[int, list[Path]] = {}
    for root in roots:
        with contextlib.suppress(OSError):  # its disk is away
            disks.setdefault(root.stat().st_dev, []).append(root)
    return disks


def _file_ids(folders: Iterable[Path]) -> Iterator[tuple[int, int]]:
    for folder in folders:
        with contextlib.suppress(OSError):
            yield file_id_of(folder.stat())
