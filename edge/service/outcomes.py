"""How a photo's turn ends: its cut-out delivered, refused with a reason, or back to its source for another try."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from edge.delivery.attempts import Attempts
from edge.engine.gpu_manager import GpuManager
from edge.fs.names import printable
from edge.intake.source import Input, Output, Source
from edge.monitoring.counters import Counters
from edge.monitoring.events import CutFacts, Events, Kind
from edge.monitoring.photo_log import log_again, log_cut, log_refused
from edge.service.job import Job
from edge.worker.manager import WorkerManager
from edge.worker.messages import MASK, OUTPUT, PhotoCut, PhotoFailed
from matting import errors
from matting.errors import MattingError, Place
from matting.id_photo.beside import SUFFIXES
from matting.pipeline import WORK_STAGES

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcomes:
    """Told by the supervisor of each photo whose turn is over; its job is no longer among those in hand."""

    workers: WorkerManager
    gpu: GpuManager
    counters: Counters
    events: Events

    def cut(self, job: Job, message: PhotoCut) -> None:
        """The worker has written the outputs, and they are sealed: they are delivered."""
        suffixes = {OUTPUT: job.suffix, MASK: ".alpha.png"} | dict[str, str](SUFFIXES.items())
        outputs = [Output(file, suffixes[what]) for what, file in job.outputs.items()]
        size = message.width, message.height
        facts = CutFacts(message.coverage, size, message.stage_ms, message.foreground, self.workers.engine)
        output = job.source.deliver(job.photo, outputs, facts)
        if output is None:
            return
        name = printable(job.photo.path)
        self.counters.note_cut(name, message.stage_ms)
        self.events.tell("cut", name, output=printable(output), facts=facts, private=job.photo.private)
        if self.workers.on_gpu:
            self.gpu.cut_well()
        log_cut(job.photo.path, output, message.stage_ms)

    def failed(self, job: Job, message: PhotoFailed) -> None:
        """The worker could not cut it."""
        error = errors.by_name(message.error)(message.message)
        if message.traceback:
            log.error("fault on %s:\n%s", printable(job.photo.path), message.traceback)
        if error.place is not Place.RETRY:
            self.refuse(job.source, job.photo, error, job.photo.attempts)
        elif self.workers.on_gpu and job.stage in WORK_STAGES:
            self.gpu.failed(str(error), time.monotonic())
            self.retry(job, job.photo.attempts.interrupted(), error)
        else:
            self.retry(job, job.photo.attempts.crashed(), error)

    def retry(self, job: Job, attempts: Attempts, error: MattingError) -> None:
        """Another try, or the end of its tries."""
        if attempts.exhausted:
            self.refuse(job.source, job.photo, type(error)(f"{error}, {attempts.crashes} times"), attempts)
        else:
            log_again(job.photo.path, job.stage, error)
            job.source.retry(job.photo, attempts)

    def refuse(self, source: Source, photo: Input, error: MattingError, attempts: Attempts) -> None:
        """It ends here, with the reason."""
        if not source.refuse(photo, error, attempts):
            return
        name, reason = printable(photo.path), str(error)
        kind: Kind = "no-person" if error.place is Place.NO_PERSON else "failed"
        if kind == "no-person":
            self.counters.note_no_person(name, reason)
        else:
            self.counters.note_failed(name, reason)
        self.events.tell(kind, name, reason, error=type(error).__name__, private=photo.private)
        log_refused(photo.path, error)
