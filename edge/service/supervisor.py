"""The one loop: photos from their sources to the worker, what became of them back. It holds no pixels and decides everything.

Signal handlers and watching threads only wake it. It knows no source by name: see edge/intake/source.py.
"""

from __future__ import annotations

import logging
import os
import selectors
import time
from dataclasses import dataclass, field

import msgspec

from edge.board.budget import Budget
from edge.config.settings import beside, output_suffix
from edge.config.types import Config
from edge.engine.gpu_manager import GpuManager
from edge.engine.request import EngineRequest
from edge.intake.source import PRIORITIES, Input, Opened, Source, SourceContext
from edge.ipc.wake_socket import WakeSocket
from edge.monitoring.counters import Counters
from edge.monitoring.events import Events
from edge.monitoring.reporter import Reporter, Situation
from edge.monitoring.status import SourceStatus, State
from edge.service.belief import lie_in
from edge.service.cores import cores_for_photo
from edge.service.job import Job
from edge.service.outcomes import Outcomes
from edge.service.sources import source_kinds
from edge.worker.manager import PhotoMessage, WorkerExit, WorkerManager
from edge.worker.messages import BACKGROUND, MASK, OUTPUT, PHOTO, CutPhoto, PhotoCut, PhotoFailed, StageBegun, StartWorker
from matting.errors import EngineError, MattingError, OutputError
from matting.pipeline import WORK_STAGES

log = logging.getLogger(__name__)


@dataclass
class Supervisor:
    """Made by `edge.service.run`, run once. start: the worker's first message. engine_request: of the GPU, None without one.

    careful_until: of the monotonic clock, where it ended so often that this run does without GPU and camera; then it ends
    in good order, and the next start tries everything again.

    Raises (when made):
        MattingError: a source cannot be made.
    """

    config: Config
    budget: Budget
    start: StartWorker
    engine_request: EngineRequest | None
    reporter: Reporter
    once: bool = False
    careful_until: float | None = None
    counters: Counters = field(default_factory=Counters)
    events: Events = field(default_factory=Events)
    _stopping: bool = False
    _jobs: dict[int, Job] = field(default_factory=dict)
    _solo: tuple[Source, Input] | None = None
    _last_number: int = 0

    def __post_init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._waker = WakeSocket()
        self._selector.register(self._waker, selectors.EVENT_READ)
        self._workers = WorkerManager(self.start, self.budget, self._selector)
        self._gpu = GpuManager(self.engine_request, self._selector)
        self._told: State | None = None
        self._outcomes = Outcomes(self._workers, self._gpu, self.counters, self.events)
        context = SourceContext(
            self.config,
            self.budget,
            self._selector,
            wake=self._waker.wake,
            once=self.once,
            careful=self.careful_until is not None,
            note_removed=self.counters.note_removed,
            events=self.events,
            add_listener=self.reporter.add_listener,
        )
        self._sources = [kind.make(context) for kind in source_kinds() if kind.wanted(context)]

    def stop(self) -> None:
        """Finish what is in hand, then return from `run`. Safe from signal handlers."""
        self._stopping = True
        self._waker.wake()

    def run(self) -> int:
        """Serve until `stop`, or with `once` until nothing is left to cut. Returns the exit code.

        Raises:
            MattingError: the worker cannot be started at all: model missing or altered, no such engine.
        """
        try:
            while not self._finished():
                self._poll_worker()
                for source in self._sources:
                    source.poll(time.monotonic())
                self._take_in()
                self._report()
                self._wait()
                self._receive()
            self._stopping = True
            self._report()
            return self._exit_code()
        finally:
            self._gpu.close()
            self._workers.close()
            for job in self._jobs.values():
                job.close()
            for source in self._sources:
                source.close()

    def _finished(self) -> bool:
        if self.careful_until is not None and time.monotonic() >= self.careful_until:
            self._stopping = True
        if self._jobs:
            return False
        if self._stopping:
            return True
        return self.once and self._solo is None and all(source.drained(time.monotonic()) for source in self._sources)

    def _exit_code(self) -> int:
        waits = any(status.trouble or status.held for status in self._statuses())
        return OutputError.exit_code if self.once and waits else 0

    # -- the worker ------------------------------------------------------------------------------------------------

    def _poll_worker(self) -> None:
        now = time.monotonic()
        if any(now - job.beat > self.config.photo_timeout for job in self._jobs.values()):
            self._workers.kill(f"made no progress for {self.config.photo_timeout:g} s and was ended")
        # Photos first: the CPU answers before the GPU is made ready.
        self._gpu.poll(now, may_begin=bool(self._workers.engine) and not self._stopping)
        self._workers.start = msgspec.structs.replace(self.start, engines=self._gpu.engine_set)
        self._workers.poll(now, busy=bool(self._jobs))

    def _receive(self) -> None:
        messages, ended = self._workers.messages()
        for message in messages:
            self._on_message(message)
        if ended is not None:
            self._on_worker_exit(ended)

    def _on_message(self, message: PhotoMessage) -> None:
        job = self._jobs.get(message.job)
        if job is None or (lie := lie_in(message, job)):
            self._workers.kill(f"{lie if job else 'spoke of a photo that it does not have'}, and was ended")
        elif isinstance(message, StageBegun):
            job.stage, job.beat = message.stage, time.monotonic()
        else:
            self._conclude(self._jobs.pop(message.job), message)

    def _conclude(self, job: Job, message: PhotoCut | PhotoFailed) -> None:
        try:
            if isinstance(message, PhotoCut):
                self._outcomes.cut(job, message)
            else:
                self._outcomes.failed(job, message)
        finally:
            job.close()

    def _on_worker_exit(self, ended: WorkerExit) -> None:
        log.error("%s with %d photos in hand", ended.cause, len(self._jobs))
        at_work = any(job.stage in WORK_STAGES for job in self._jobs.values())
        gpu_blamed = ended.on_gpu and not ended.outside and (at_work or not ended.was_ready)
        if gpu_blamed:
            self._gpu.failed(ended.cause, time.monotonic())
        for number in list(self._jobs):
            job = self._jobs.pop(number)
            before = job.photo.attempts
            attempts = before.interrupted() if ended.outside or gpu_blamed else before.crashed()
            self._outcomes.retry(job, attempts, EngineError(f"{ended.cause} at stage {job.stage}"))
            job.close()

    # -- photos in -------------------------------------------------------------------------------------------------

    def _take_in(self) -> None:
        """Hand photos over while there is room: of the source that goes first what it has, then of the next."""
        while self._has_room():
            taken = self._solo or self._next()
            self._solo = None
            if taken is None or not self._dispatch(*taken):
                return

    def _has_room(self) -> bool:
        alone = any(job.photo.attempts.alone for job in self._jobs.values())
        return not self._stopping and self._workers.ready and len(self._jobs) < self.budget.in_flight and not alone

    def _next(self) -> tuple[Source, Input] | None:
        """What goes first: of that priority, of the source that comes first."""
        for priority in PRIORITIES:
            for source in self._sources:
                photo = source.take(time.monotonic(), priority)
                if photo is not None:
                    return source, photo
        return None

    def _dispatch(self, source: Source, photo: Input) -> bool:
        """Hand a photo to the worker; False when nothing more should be handed over for now."""
        if photo.attempts.exhausted:  # a crash of the whole machine left it so
            error = EngineError("every attempt on this photo ended the service")
            self._outcomes.refuse(source, photo, error, photo.attempts)
            return True
        if photo.attempts.alone and self._jobs:
            self._solo = source, photo  # nobody else is taken in before it, so that its turn comes
            return False
        try:
            opened = source.open(photo)
        except MattingError as error:
            self._outcomes.refuse(source, photo, error, photo.attempts)
            return True
        if opened is not None:
            self._hand_over(source, photo, opened)
        return True

    def _hand_over(self, source: Source, photo: Input, opened: Opened) -> None:
        options = opened.options
        job = Job(source, photo, output_suffix(options), time.monotonic())
        job.create_outputs(OUTPUT, *([MASK] if options.mask else []), *([] if options.archive else beside(options).parts))
        lent = {PHOTO: opened.photo} | ({} if opened.background is None else {BACKGROUND: opened.background})
        self._last_number += 1
        self._jobs[self._last_number] = job
        waiting = sum(each.waiting for each in self._statuses())
        cores = cores_for_photo(self.budget.threads, len(self._jobs) - 1, waiting)
        self._workers.send(CutPhoto(self._last_number, options, cores), {**lent, **job.outputs})
        for descriptor in lent.values():
            os.close(descriptor)

    # -- what it is like -------------------------------------------------------------------------------------------

    def _statuses(self) -> list[SourceStatus]:
        return [source.status() for source in self._sources]

    def _report(self) -> None:
        now = time.monotonic()
        sources = self._statuses()
        state, reason = self._state(sources)
        situation = Situation(
            state=state,
            reason=reason,
            engine=self._workers.engine,
            progress=self._gpu.progress if state is State.BUILDING else None,
            in_hand=len(self._jobs),
            worker_bytes=self._workers.memory,
            gpu_bytes=self._workers.gpu_memory,
            sources=tuple(sources),
        )
        if state is not self._told:
            self._told = state
            self.events.tell("state", state.value, reason)
        self.reporter.tell(situation, self.counters, now)
        self.reporter.alive(now)

    def _state(self, sources: list[SourceStatus]) -> tuple[State, str]:
        """The worst that is true."""
        if self._stopping:
            return State.STOPPING, ""
        for status in sources:
            if status.trouble:
                return State.DEGRADED, status.trouble
        if self._workers.failing:
            return State.DEGRADED, "the worker does not start"
        if self.careful_until is not None:
            return State.DEGRADED, "it ended too often: without GPU and camera for an hour"
        on_gpu = self._workers.on_gpu and self._gpu.engine_set is not None
        if self._gpu.reason and not on_gpu:
            return State.DEGRADED, f"on the CPU: {self._gpu.reason}"
        if self.engine_request is not None and not on_gpu and self._workers.engine:
            return State.BUILDING, self._gpu.text or "changing over to the GPU"
        if not self._workers.engine and self.reporter.starting:
            return State.STARTING, ""
        return State.READY, ""

    # -- waiting ---------------------------------------------------------------------------------------------------

    def _wait(self) -> None:
        """Until something happens, or something is due."""
        now, taking = time.monotonic(), self._has_room()
        due = min((source.wait(now, taking=taking) for source in self._sources), default=1.0)
        for key, _ in self._selector.select(max(0.01, due)):
            if key.fileobj is self._waker:
                self._waker.clear()
