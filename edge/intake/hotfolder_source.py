"""The hot folder as a source: photos from the inbox, their cut-outs into the outbox, their originals into done or failed."""

from __future__ import annotations

import errno
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from edge.config.load import ConfigError
from edge.config.options import Options
from edge.delivery.attempts import Attempts
from edge.delivery.delivery import OutputLost
from edge.delivery.journal import Journal
from edge.delivery.outbox import Outbox
from edge.delivery.output_gate import OutputGate
from edge.fs.identity import Identity
from edge.fs.names import printable
from edge.fs.sighting import Sighting
from edge.hooks.record import written_beside
from edge.intake.hotfolder import HotFolder
from edge.intake.inbox_lock import InboxLock
from edge.intake.open_input import open_background, open_input
from edge.intake.profiles import Profiles
from edge.intake.second_look import SecondLook
from edge.intake.source import GUEST, REQUEST, Input, Opened, Output, SourceContext, SourceKind
from edge.monitoring.events import CutFacts
from edge.monitoring.status import SourceStatus
from edge.storage.disk_monitor import DiskMonitor
from edge.storage.pruner import SLICE
from matting.errors import MattingError, OutputError, Place, UnreadablePhoto

log = logging.getLogger(__name__)

# `--once` gives up on an outbox that cannot be written after this many failures in a row.
_ONCE_PATIENCE = 3

# A photo that cannot be read is given so many times the usual time to stand still before that counts.
_SECOND_LOOK = 10


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
        self._options, self._announced, self._json = config.options, context.announced, config.hooks.json
        self._lock = InboxLock(folders.inbox)
        if not self._lock.hold():
            raise ConfigError(f"another edge-matting already serves the inbox {folders.inbox}")
        try:
            self._journal = Journal(folders.state)
        except sqlite3.Error as error:
            raise OutputError(f"the journal in {folders.state} cannot be written: {error}") from error
        self._outbox = Outbox(folders, self._journal)
        self._gate = OutputGate(self._outbox, folders.roots)
        self._hand: dict[PurePosixPath, _Hand] = {}
        self._shared = False
        self._disk_monitor = DiskMonitor(config, self._journal.pending_deliveries, context.note_removed)
        self._gate.recover()
        self._profiles = Profiles(folders.inbox, config.options, folders.backgrounds)
        self._no_background = ""
        self._second_look = SecondLook(_SECOND_LOOK * folders.settle_seconds)
        self._hotfolder = HotFolder(
            folders.inbox,
            folders.settle_seconds,
            folders.rescan_seconds,
            self._skip,
            context.wake,
            behind=self._gate.was_tried,
        )

    def poll(self, now: float) -> None:
        self._shared = not self._lock.hold()
        self._disk_monitor.poll(now)
        if self._no_background:
            self._check_background()
        while self._announced:
            self._hotfolder.announce(self._announced.popleft(), now)
        idle = not (self._hand or self._hotfolder.waiting or self._hotfolder.unreachable)
        self._gate.poll(now, idle=idle)
        if self._takes_in(now):
            self._hotfolder.poll(now)

    def take(self, now: float, priority: int) -> Input | None:
        if priority == REQUEST or not self._takes_in(now):
            return None
        taken = self._hotfolder.take(now, urgent=priority == GUEST)
        if taken is None:
            return None
        sighting, closed = taken
        try:
            attempts = self._journal.attempts(sighting.path, sighting.identity)
        except sqlite3.Error as error:
            self._failed(sighting.path, error)
            return None
        self._hand[sighting.path] = _Hand(sighting, closed)
        return Input(sighting.path, attempts)

    def open(self, photo: Input) -> Opened | None:
        path = photo.path
        with ExitStack() as opened:
            try:
                # The attempt counts from here on: whatever a profile or a photo does to this process, it does not do for ever.
                self._journal.note_attempts(path, self._hand[path].sighting.identity, photo.attempts.interrupted())
                self._outbox.check_output(path)
                descriptor = open_input(self._folders.inbox, path)
                opened.callback(os.close, descriptor)
                options = self._profiles.options_for(path)
                background = self._background(options)
                opened.pop_all()
                return Opened(descriptor, options, background)
            except FileNotFoundError:
                log.info("%s went away before it was cut", printable(path))
                self._gate.ended(path)
            except (OSError, sqlite3.Error) as error:
                self._failed(path, error)
        del self._hand[path]
        return None

    def deliver(self, photo: Input, outputs: Sequence[Output], facts: CutFacts) -> str | None:
        hand = self._hand.pop(photo.path)
        if not self._unchanged(photo, hand):
            return None
        files = [(output.descriptor, output.suffix) for output in outputs]
        record = written_beside(photo.path, facts, self._folders.outbox) if self._json else None
        final = self._handed_over(hand, photo, lambda: self._outbox.deliver(hand.sighting, files, record)[0])
        return None if final is None else str(final.relative_to(self._folders.outbox))

    def refuse(self, photo: Input, error: MattingError, attempts: Attempts) -> bool:
        hand = self._hand.pop(photo.path)
        if not self._unchanged(photo, hand):
            return False
        if hand.closed and error.place is not Place.RETRY:
            # Writers close and open again: a verdict against a photo needs the proof of standing still.
            self._again(hand, photo.attempts)
            return False
        if isinstance(error, UnreadablePhoto) and self._second_look.grant(hand.sighting, time.monotonic()):
            log.info("%s: %s. It may still be on its way, and is looked at once more", printable(photo.path), error)
            self._note(hand, photo.attempts)
            return False
        if attempts.exhausted and not self._note(hand, attempts):
            return False
        tries = attempts.crashes + attempts.interruptions or 1
        return self._handed_over(hand, photo, lambda: self._outbox.refuse(hand.sighting, error, tries)) is not None

    def retry(self, photo: Input, attempts: Attempts) -> None:
        self._again(self._hand.pop(photo.path), attempts)

    def wait(self, now: float, *, taking: bool) -> float:
        waits = [1.0]
        if self._disk_monitor.busy:
            waits.append(4 * SLICE)
        if taking and self._takes_in(now):
            waits.append(self._hotfolder.next_look(now))
        if (due := self._gate.wait(now)) is not None:
            waits.append(due)
        return min(waits)

    def drained(self, now: float) -> bool:
        if self._gate.failures >= _ONCE_PATIENCE or (self._disk_monitor.trouble and not self._disk_monitor.busy):
            return True
        if self._no_background or self._shared:
            return True
        waits = self._gate.postpones(_ONCE_PATIENCE) or self._second_look.pending(now)
        return not waits and self._hotfolder.drained(now)

    def status(self) -> SourceStatus:
        unreachable = self._hotfolder.unreachable
        inbox = f"the inbox cannot be read: {unreachable}" if unreachable else ""
        shared = "another service serves the inbox too" if self._shared else ""
        return SourceStatus(
            name=self.name,
            waiting=self._hotfolder.waiting,
            up=not unreachable,
            trouble=self._disk_monitor.trouble or shared or self._no_background or self._gate.trouble or inbox,
            held=self._gate.holds_deliveries,
        )

    def close(self) -> None:
        self._hotfolder.close()
        self._journal.close()
        self._lock.close()

    def _takes_in(self, now: float) -> bool:
        hindered = self._disk_monitor.trouble or self._no_background or self._shared
        return not hindered and not self._gate.opens_in(now)

    def _skip(self, sighting: Sighting) -> bool:
        path, now = sighting.path, time.monotonic()
        if path in self._hand or self._gate.keeps_back(path, now) or self._second_look.keeps_back(sighting, now):
            return True
        return self._folders.original == "keep" and self._journal.is_kept(path, sighting.identity)

    def _background(self, options: Options) -> int | None:
        """The background's picture, opened. The configured one concerns all photos, a profile's only its own."""
        try:
            return open_background(options)
        except OSError as error:
            file = options.background_file
            if file == self._options.background_file:
                self._no_background = f"the background {file} cannot be opened ({error.strerror}): photos wait in the inbox"
                log.error("%s", self._no_background)
            raise OSError(errno.EINVAL, f"background: {error.strerror}", file) from error

    def _check_background(self) -> None:
        """Whether it has come back."""
        with suppress(OSError):
            descriptor = open_background(self._options)
            if descriptor is not None:
                os.close(descriptor)
            self._no_background = ""

    def _handed_over(self, hand: _Hand, photo: Input, step: Callable[[], Path]) -> Path | None:
        """The last step of a photo, and where it lies now; None where it waits with its delivery, or is cut again."""
        path = photo.path
        try:
            final = step()
        except OutputLost:
            log.warning("an output of %s was deleted on its way: it will be cut again", printable(path))
            self._again(hand, photo.attempts)
            return None
        except (OSError, sqlite3.Error) as error:
            if path in self._outbox.pending():  # it will be completed; one that the journal does not know is cut again
                self._gate.hold(path)
            self._failed(path, error)
            return None
        self._gate.ended(path)
        self._gate.worked()
        return final

    def _unchanged(self, photo: Input, hand: _Hand) -> bool:
        """Whether the photo is still the one that was cut. Another one is cut anew, and this attempt says nothing of it."""
        try:
            found = Identity.at(self._folders.inbox / photo.path)
            if found is None:
                self._outbox.check_disks()
        except OSError as error:  # it went with its disk, and comes back with it
            self._note(hand, photo.attempts)
            self._failed(photo.path, error)
            return False
        if found == hand.sighting.identity:
            return True
        what = "went away while it was cut" if found is None else "changed while it was cut: it will be cut again"
        log.info("%s %s", printable(photo.path), what)
        self._again(hand, photo.attempts)
        return False

    def _again(self, hand: _Hand, attempts: Attempts) -> None:
        """Into the inbox's order again, by the slow rule."""
        if self._note(hand, attempts):
            self._hotfolder.put_back(hand.sighting, time.monotonic())

    def _note(self, hand: _Hand, attempts: Attempts) -> bool:
        """Remember the attempts; where that cannot be done the photo waits with its journal."""
        path = hand.sighting.path
        try:
            self._journal.note_attempts(path, hand.sighting.identity, attempts)
        except sqlite3.Error as error:
            self._failed(path, error)
            return False
        return True

    def _failed(self, path: PurePosixPath, error: Exception) -> None:
        self._gate.failed(path, error, time.monotonic())


KIND = SourceKind(HotFolderSource.name, lambda context: context.config.hot_folder, HotFolderSource)
