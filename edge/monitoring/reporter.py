"""Tells the world how the service is: the status file, and systemd."""

from __future__ import annotations

import logging
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from edge.board.heat import Heat, HeatWatch
from edge.board.rss import rss_bytes
from edge.monitoring.counters import Counters
from edge.monitoring.status import SourceStatus, State, Status, write_status
from edge.monitoring.systemd import Notifier

log = logging.getLogger(__name__)

# Changes are written at most this often, in seconds, unless the state changes; and something is written this often.
_EVERY, _AT_LEAST_EVERY = 1.0, 10.0


@dataclass(frozen=True, slots=True)
class Situation:
    """What the loop knows of itself; see `Status` for the fields."""

    state: State
    reason: str
    engine: str
    progress: float | None
    in_hand: int
    worker_bytes: int
    gpu_bytes: int
    sources: tuple[SourceStatus, ...] = ()


class Listener(Protocol):
    """Hears each status that is written."""

    def tell(self, status: Status) -> None: ...

    def close(self) -> None: ...


class Reporter:
    """path: of the status file. filling: a folder on the disk that fills. starting: no engine has answered yet.
    Heat that slows the board down, or soon will, is told beside whatever else is."""

    def __init__(self, path: Path, filling: Path, notifier: Notifier, listeners: Sequence[Listener] = ()) -> None:
        self._path, self._filling, self._notifier, self._listeners = path, filling, notifier, list(listeners)
        self._errors = _LastError()
        self._heat = HeatWatch()
        logging.getLogger().addHandler(self._errors)
        self._started = time.time()
        self._told: Situation | None = None
        self._told_at = self._fed_at = -_AT_LEAST_EVERY
        self.starting, self._unwritable = True, False

    def close(self) -> None:
        """Leave nothing behind but the last status."""
        logging.getLogger().removeHandler(self._errors)
        for listener in self._listeners:
            listener.close()

    def add_listener(self, listener: Listener) -> None:
        """It hears each status from now on, and is closed at the end."""
        self._listeners.append(listener)

    def tell(self, situation: Situation, counters: Counters, now: float) -> None:
        """Pass on what changed; now: of the monotonic clock."""
        heat = self._heat.poll(now)
        turned = self._told is None or self._told.state is not situation.state
        age = now - self._told_at
        if not (
            turned
            or situation.state is State.STOPPING
            or age >= _AT_LEAST_EVERY
            or (age >= _EVERY and situation != self._told)
        ):
            return
        if turned:
            reason = f": {situation.reason}" if situation.reason else ""
            log.log(
                logging.WARNING if situation.state is State.DEGRADED else logging.INFO, "%s%s", situation.state.value, reason
            )
        self._told, self._told_at = situation, now
        status = self._status(situation, counters, heat)
        self._write(status)
        for listener in self._listeners:
            listener.tell(status)
        self._notifier.say(status.line)
        if self.starting and situation.engine:
            self._notifier.ready()
            self.starting = False
        if turned and situation.state is State.STOPPING:
            self._notifier.stopping()

    def alive(self, now: float) -> None:
        """The loop goes round and nothing in it is stuck: feeds the watchdog, four times as often as it asks for."""
        watchdog = self._notifier.watchdog
        if watchdog is not None and now - self._fed_at >= watchdog / 4:
            self._notifier.alive()
            self._fed_at = now

    def _status(self, situation: Situation, counters: Counters, heat: Heat) -> Status:
        reasons = [situation.reason, "" if heat.level == "fine" else str(heat)]
        return Status(
            state=situation.state,
            reason="; ".join(reason for reason in reasons if reason),
            engine=situation.engine,
            progress=situation.progress,
            queue=sum(source.waiting for source in situation.sources),
            in_hand=situation.in_hand,
            cut=counters.cut,
            failed=counters.failed,
            no_person=counters.no_person,
            last=tuple(counters.last),
            last_error=self._errors.text,
            last_error_at=self._errors.at,
            supervisor_bytes=rss_bytes(),
            worker_bytes=situation.worker_bytes,
            gpu_bytes=situation.gpu_bytes,
            disk_free=_free(self._filling),
            temperature=None if heat.zone is None else heat.zone.celsius,
            pid=os.getpid(),
            started=self._started,
            updated=time.time(),
            sources=situation.sources,
            stages=dict(counters.stages),
            removed=counters.removed,
            removed_bytes=counters.removed_bytes,
            hooks_failed=dict(counters.hooks_failed),
        )

    def _write(self, status: Status) -> None:
        try:
            write_status(self._path, status)
            self._unwritable = False
        except OSError as error:
            if not self._unwritable:
                log.warning("the status file %s cannot be written: %s", self._path, error.strerror)
            self._unwritable = True


class _LastError(logging.Handler):
    """The newest line of the log that was an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.text, self.at = "", 0.0

    def emit(self, record: logging.LogRecord) -> None:
        self.at = record.created
        self.text = record.getMessage().splitlines()[0]


def _free(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0
