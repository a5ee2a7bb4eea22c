"""How a photo's turn ends: its cut-out delivered, refused with a reason, or back in the inbox for another try."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.delivery.attempts import Attempts
from edge.delivery.journal import Journal
from edge.delivery.outbox import Outbox
from edge.delivery.output_gate import OutputGate
from edge.engine.gpu_manager import GpuManager
from edge.fs.files import Identity
from edge.fs.names import printable
from edge.fs.sighting import Sighting
from edge.intake.hotfolder import HotFolder
from edge.monitoring.counters import Counters
from edge.monitoring.photo_log import log_again, log_cut, log_refused
from edge.service.job import Job
from edge.worker.manager import WorkerManager
from matting import errors
from matting.errors import MattingError, OutputError, Place
from matting.pipeline import WORK_STAGES

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcomes:
    """Told by the supervisor of each photo whose turn is over; its job is no longer among those in hand."""

    inbox: Path
    journal: Journal
    outbox: Outbox
    gate: OutputGate
    hot: HotFolder
    workers: WorkerManager
    gpu: GpuManager
    counters: Counters

    def conclude(self, job: Job, message: dict[str, Any]) -> None:
        """The worker has answered: what it made is delivered, unless the photo is not what it was."""
        now = time.monotonic()
        try:
            found = Identity.at(self.inbox / job.sighting.path)
            if found is None:
                self.outbox.check_disks()
        except OSError as error:  # it went with its disk, and comes back with it
            self._uncount(job)
            self.gate.failed(job.sighting.path, error, time.monotonic())
            return
        if found != job.sighting.identity:
            what = "went away while it was cut" if found is None else "changed while it was cut: it will be cut again"
            log.info("%s %s", printable(job.sighting.path), what)
            self._uncount(job)
            self.hot.put_back(job.sighting, now)
        elif "done" in message:
            self._deliver(job, message["done"])
        else:
            if "traceback" in message:
                log.error("fault on %s:\n%s", printable(job.sighting.path), message["traceback"])
            self._failed(job, errors.by_name(message["error"])(message["message"]), now)

    def give_back(self, job: Job, attempts: Attempts, error: MattingError) -> None:
        """Another try, or the end of its tries."""
        job.discard()
        try:
            self.journal.note_attempts(job.sighting.path, job.sighting.identity, attempts)
        except sqlite3.Error as fault:
            self.gate.failed(job.sighting.path, fault, time.monotonic())
            return
        if attempts.exhausted:
            self.refuse(job.sighting, type(error)(f"{error}, {attempts.crashes} times"), attempts)
        else:
            log_again(job.sighting.path, job.stage, error)
            self.hot.put_back(job.sighting, time.monotonic())

    def refuse(self, sighting: Sighting, error: MattingError, attempts: Attempts) -> None:
        """Into failed or no-person, with the reason."""
        try:
            self.outbox.refuse(sighting, error, attempts.crashes + attempts.interruptions or 1)
        except (OSError, sqlite3.Error) as fault:
            self.gate.failed(sighting.path, fault, time.monotonic())
            return
        if error.place is Place.NO_PERSON:
            self.counters.note_no_person(printable(sighting.path), str(error))
        else:
            self.counters.note_failed(printable(sighting.path), str(error))
        log_refused(sighting.path, error)

    def _deliver(self, job: Job, done: dict[str, Any]) -> None:
        suffixes = [done["suffix"], ".alpha.png"]
        try:
            finals = self.outbox.deliver(job.sighting, list(zip(job.outputs, suffixes, strict=False)))
        except (OSError, sqlite3.Error) as error:
            self._held_up_or_again(job, error)
            return
        self.gate.worked()
        stages = done["stage_ms"]
        self.counters.note_cut(printable(job.sighting.path), stages)
        if self.workers.on_gpu:
            self.gpu.cut_well()
        log_cut(job.sighting.path, finals[0], stages)

    def _held_up_or_again(self, job: Job, error: Exception) -> None:
        """A delivery that the journal knows will be completed; one that it does not know is cut again."""
        pending = {delivery.path for delivery in self.journal.pending_deliveries()}
        if job.sighting.path in pending:
            self.gate.hold(job.sighting.path)
            for output in job.outputs:
                os.close(output.descriptor)
        else:
            job.discard()
        self.gate.failed(job.sighting.path, error, time.monotonic())

    def _failed(self, job: Job, error: MattingError, now: float) -> None:
        if isinstance(error, OutputError):
            self._uncount(job)
            self.gate.failed(job.sighting.path, error, time.monotonic())
        elif error.place is Place.RETRY and self.workers.on_gpu and job.stage in WORK_STAGES:
            self.gpu.failed(str(error), now)
            self.give_back(job, job.attempts.interrupted(), error)
        elif error.place is Place.RETRY:
            self.give_back(job, job.attempts.crashed(), error)
        elif job.closed:
            # Writers close and open again: a verdict against a photo needs the proof of standing still.
            self._uncount(job)
            self.hot.put_back(job.sighting, now)
        else:
            job.discard()
            self.refuse(job.sighting, error, job.attempts)

    def _uncount(self, job: Job) -> None:
        """This attempt says nothing about the photo."""
        job.discard()
        try:
            self.journal.note_attempts(job.sighting.path, job.sighting.identity, job.attempts)
        except sqlite3.Error as error:
            log.warning("the journal cannot be written (%s): one attempt of %s counts", error, printable(job.sighting.path))
