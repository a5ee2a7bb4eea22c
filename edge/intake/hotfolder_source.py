"""The hot folder as a source: photos from the inbox, their cut-outs into the outbox, their originals into done or failed."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from edge.delivery.attempts import Attempts
from edge.delivery.journal import Journal
from edge.delivery.outbox import Outbox
from edge.delivery.output_gate import OutputGate
from edge.fs.files import Identity
from edge.fs.names import printable
from edge.fs.sighting import Sighting
from edge.intake.hotfolder import HotFolder
from edge.intake.open_input import open_background, open_input, options_for
from edge.intake.source import BACKLOG, Input, Opened, Output, SourceContext, SourceKind
from edge.monitoring.status import SourceStatus
from edge.storage.disk_monitor import DiskMonitor
from edge.storage.pruner import SLICE
from matting.errors import MattingError, OutputError, Place

log = logging.getLogger(__name__)

# `--once` gives up on an outbox that cannot be written after this many failures in a row.
_ONCE_PATIENCE = 3


@dataclass(frozen=True, slots=True)
class _Hand:
    """A photo in hand. closed: that its writer closed it is all that says that it is finished."""

    sighting: Sighting
    closed: bool


class HotFolderSource:
    """See `Source`. Every photo is at any time in exactly one of: the inbox, in hand (still in the inbox, and noted in the
    journal), a delivery (noted in the journal), or its last place.

    Raises (when made):
        OutputError: the journal cannot be written.
    """

    name = "hot-folder"

    def __init__(self, context: SourceContext) -> None:
        config = context.config
        folders = self._folders = config.folders
        self._options, self._announced = config.options, context.announced
        try:
            self._journal = Journal(folders.state)
        except sqlite3.Error as error:
            raise OutputError(f"the journal in {folders.state} cannot be written: {error}") from error
        self._outbox = Outbox(folders, self._journal)
        self._gate = OutputGate(self._outbox)
        self._hand: dict[PurePosixPath, _Hand] = {}
        self._disk_monitor = DiskMonitor(config, self._journal.pending_deliveries, context.note_removed)
        self._gate.recover()
        self._hotfolder = HotFolder(folders.inbox, folders.settle_seconds, folders.rescan_seconds, self._skip, context.wake)

    def poll(self, now: float) -> None:
        self._disk_monitor.poll(now)
        while self._announced:
            self._hotfolder.announce(self._announced.popleft(), now)
        idle = not (self._hand or self._hotfolder.waiting or self._hotfolder.unreachable)
        self._gate.poll(now, idle=idle)
        if self._takes_in(now):
            self._hotfolder.poll(now)

    def take(self, now: float) -> Input | None:
        taken = self._hotfolder.take(now) if self._takes_in(now) else None
        if taken is None:
            return None
        sighting, closed = taken
        try:
            attempts = self._journal.attempts(sighting.path, sighting.identity)
        except sqlite3.Error as error:
            self._gate.failed(sighting.path, error, now)
            return None
        self._hand[sighting.path] = _Hand(sighting, closed)
        return Input(sighting.path, attempts)

    def open(self, photo: Input) -> Opened | None:
        folders = self._folders
        try:
            descriptor = open_input(folders.inbox, photo.path)
            options = options_for(folders.inbox, photo.path, self._options, folders.backgrounds)
            background = open_background(options)
            self._journal.note_attempts(photo.path, self._hand[photo.path].sighting.identity, photo.attempts.interrupted())
            return Opened(descriptor, options, background)
        except FileNotFoundError:
            log.info("%s went away before it was cut", printable(photo.path))
        except (OSError, sqlite3.Error) as error:
            self._gate.failed(photo.path, error, time.monotonic())
        del self._hand[photo.path]
        return None

    def deliver(self, photo: Input, outputs: Sequence[Output]) -> str | None:
        hand = self._hand.pop(photo.path)
        if not self._unchanged(photo, hand):
            return None
        try:
            finals = self._outbox.deliver(hand.sighting, [(output.descriptor, output.suffix) for output in outputs])
        except (OSError, sqlite3.Error) as error:
            self._held_up_or_again(photo.path, error)
            return None
        self._gate.worked()
        return finals[0].name

    def refuse(self, photo: Input, error: MattingError, attempts: Attempts) -> bool:
        hand = self._hand.pop(photo.path)
        if not self._unchanged(photo, hand):
            return False
        if hand.closed and error.place is not Place.RETRY:
            # Writers close and open again: a verdict against a photo needs the proof of standing still.
            self._note(hand, photo.attempts)
            self._hotfolder.put_back(hand.sighting, time.monotonic())
            return False
        if attempts.exhausted and not self._note(hand, attempts):
            return False
        try:
            self._outbox.refuse(hand.sighting, error, attempts.crashes + attempts.interruptions or 1)
        except (OSError, sqlite3.Error) as fault:
            self._gate.failed(photo.path, fault, time.monotonic())
            return False
        return True

    def retry(self, photo: Input, attempts: Attempts) -> None:
        hand = self._hand.pop(photo.path)
        if self._note(hand, attempts):
            self._hotfolder.put_back(hand.sighting, time.monotonic())

    def wait(self, now: float, *, taking: bool) -> float:
        waits = [1.0]
        if self._disk_monitor.busy:
            waits.append(4 * SLICE)
        if taking and self._takes_in(now):
            waits.append(self._hotfolder.next_look(now))
        if opens := self._gate.opens_in(now):
            waits.append(opens)
        return min(waits)

    def drained(self, now: float) -> bool:
        if self._gate.failures >= _ONCE_PATIENCE or (self._disk_monitor.trouble and not self._disk_monitor.busy):
            return True
        return not self._gate.postpones and self._hotfolder.drained(now)

    def status(self) -> SourceStatus:
        unreachable = self._hotfolder.unreachable
        inbox = f"the inbox cannot be read: {unreachable}" if unreachable else ""
        return SourceStatus(
            name=self.name,
            waiting=self._hotfolder.waiting,
            up=not unreachable,
            trouble=self._disk_monitor.trouble or self._gate.trouble or inbox,
            held=self._gate.holds_deliveries,
        )

    def close(self) -> None:
        self._hotfolder.close()
        self._journal.close()

    def _takes_in(self, now: float) -> bool:
        return not self._gate.opens_in(now) and not self._disk_monitor.trouble

    def _skip(self, sighting: Sighting) -> bool:
        path = sighting.path
        if self._gate.keeps_back(path) or path in self._hand:
            return True
        return self._folders.original == "keep" and self._journal.is_kept(path, sighting.identity)

    def _unchanged(self, photo: Input, hand: _Hand) -> bool:
        """Whether the photo is still the one that was cut. Another one is cut anew, and this attempt says nothing of it."""
        try:
            found = Identity.at(self._folders.inbox / photo.path)
            if found is None:
                self._outbox.check_disks()
        except OSError as error:  # it went with its disk, and comes back with it
            self._note(hand, photo.attempts)
            self._gate.failed(photo.path, error, time.monotonic())
            return False
        if found == hand.sighting.identity:
            return True
        what = "went away while it was cut" if found is None else "changed while it was cut: it will be cut again"
        log.info("%s %s", printable(photo.path), what)
        self._note(hand, photo.attempts)
        self._hotfolder.put_back(hand.sighting, time.monotonic())
        return False

    def _held_up_or_again(self, path: PurePosixPath, error: Exception) -> None:
        """A delivery that the journal knows will be completed; one that it does not know is cut again."""
        if path in {delivery.path for delivery in self._journal.pending_deliveries()}:
            self._gate.hold(path)
        self._gate.failed(path, error, time.monotonic())

    def _note(self, hand: _Hand, attempts: Attempts) -> bool:
        """Remember the attempts; where that cannot be done the photo waits with its journal."""
        path = hand.sighting.path
        try:
            self._journal.note_attempts(path, hand.sighting.identity, attempts)
        except sqlite3.Error as error:
            self._gate.failed(path, error, time.monotonic())
            return False
        return True


KIND = SourceKind(HotFolderSource.name, BACKLOG, lambda context: True, HotFolderSource)
