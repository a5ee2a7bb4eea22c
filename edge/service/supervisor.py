"""The one loop: inputs in, jobs to the worker, outputs out. It holds no pixels and decides everything.

Signal handlers and the watch only wake it. Every photo is at any time in exactly one of: the inbox, in hand (still in
the inbox, and noted in the journal), a delivery (noted in the journal), or its last place.
"""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import socket
import sqlite3
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from edge.board.budget import Budget
from edge.camera.manager import CameraManager
from edge.camera.start_message import StartMessage
from edge.config.load import Config
from edge.config.options import Options
from edge.delivery.journal import Journal
from edge.delivery.outbox import Outbox
from edge.delivery.output_gate import OutputGate
from edge.engine.gpu_manager import GpuManager
from edge.engine.request import EngineRequest
from edge.fs.names import printable
from edge.fs.sighting import Sighting
from edge.intake.hotfolder import HotFolder
from edge.intake.open_input import open_input, options_for
from edge.monitoring.counters import Counters
from edge.monitoring.reporter import Reporter, Situation
from edge.monitoring.status import State
from edge.service.job import Job
from edge.service.outcomes import Outcomes
from edge.storage.disk_monitor import DiskMonitor
from edge.storage.pruner import SLICE
from edge.worker.manager import WorkerManager
from edge.worker.process import WorkerExit
from matting.errors import EngineError, MattingError, OutputError
from matting.pipeline import WORK_STAGES

log = logging.getLogger(__name__)

# `--once` gives up on an outbox that cannot be written after this many failures in a row.
_ONCE_PATIENCE = 3


@dataclass
class Supervisor:
    """Built by `edge.service.run`, run once.

    careful_until: of the monotonic clock, where it ended so often that this run does without GPU and camera; then it ends
    in good order, and the next start tries everything again.
    """

    config: Config
    budget: Budget
    journal: Journal
    setup: dict[str, Any]
    engine_request: EngineRequest | None
    reporter: Reporter
    camera: StartMessage | None = None
    counters: Counters = field(default_factory=Counters)
    careful_until: float | None = None
    _stopping: bool = False
    _jobs: dict[int, Job] = field(default_factory=dict)
    _solo: tuple[Sighting, bool] | None = None
    _next_number: int = 0

    def __post_init__(self) -> None:
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_reader.setblocking(False)
        self._wake_writer.setblocking(False)
        folders = self.config.folders
        self._outbox = Outbox(folders, self.journal)
        self._gate = OutputGate(self._outbox, self._in_hand)
        self._hotfolder = HotFolder(folders.inbox, folders.settle_seconds, folders.rescan_seconds, self._skip, self.wake)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wake_reader, selectors.EVENT_READ)
        self._workers = WorkerManager(self.setup, self.budget, self._selector)
        self._camera = None if self.camera is None else CameraManager(self.camera, self._selector)
        self._gpu = GpuManager(self.engine_request, self._selector)
        self._outcomes = Outcomes(
            folders.inbox, self.journal, self._outbox, self._gate, self._hotfolder, self._workers, self._gpu, self.counters
        )
        self._disk_monitor = DiskMonitor(self.config, self.journal.pending_deliveries, self.counters.note_removed)

    def wake(self) -> None:
        """Make the loop go round; safe from any thread and signal handler."""
        with contextlib.suppress(BlockingIOError):  # full: the bell is ringing already
            self._wake_writer.send(b"\0")

    def stop(self) -> None:
        """Finish what is in hand, then return from `run`."""
        self._stopping = True
        self.wake()

    def run(self, *, once: bool) -> int:
        """Serve until `stop`, or with `once` until the inbox is empty. Returns the exit code.

        Raises:
            MattingError: the worker cannot be started at all: model missing or altered, no such engine.
        """
        self._gate.recover()
        try:
            while not self._finished(once):
                self._poll_worker()
                self._poll_camera()
                self._disk_monitor.poll(time.monotonic())
                self._take_in()
                self._report()
                self._wait()
                self._receive()
            self._stopping = True
            self._report()
            return self._exit_code(once)
        finally:
            self._hotfolder.close()
            self._gpu.close()
            self._workers.close()
            if self._camera is not None:
                self._camera.close()
            for job in self._jobs.values():
                job.discard()

    def _finished(self, once: bool) -> bool:
        if self.careful_until is not None and time.monotonic() >= self.careful_until:
            self._stopping = True
        if self._jobs:
            return False
        if self._stopping:
            return True
        if not once:
            return False
        if self._gate.failures >= _ONCE_PATIENCE or (self._disk_monitor.trouble and not self._disk_monitor.busy):
            return True
        return not self._gate.postpones and self._solo is None and self._hotfolder.drained(time.monotonic())

    def _exit_code(self, once: bool) -> int:
        waiting = bool(self._gate.trouble or self._gate.holds_deliveries or self._disk_monitor.trouble)
        return OutputError.exit_code if once and waiting else 0

    # -- the worker ------------------------------------------------------------------------------------------------

    def _poll_worker(self) -> None:
        now = time.monotonic()
        if any(now - job.beat > self.config.photo_timeout for job in self._jobs.values()):
            self._workers.kill(f"the worker made no progress for {self.config.photo_timeout:g} s and was ended")
        # Photos first: the CPU answers before the GPU is made ready.
        self._gpu.poll(now, may_begin=bool(self._workers.engine) and not self._stopping)
        engine_set = self._gpu.engine_set
        self._workers.setup = self.setup if engine_set is None else {**self.setup, "gpu": engine_set.to_json()}
        self._workers.poll(now, busy=bool(self._jobs))

    def _poll_camera(self) -> None:
        if self._camera is not None:
            now = time.monotonic()
            self._camera.poll(now)
            for path in self._camera.taken():
                self._hotfolder.announce(path, now)

    def _receive(self) -> None:
        messages, ended = self._workers.messages()
        for message in messages:
            self._on_message(message)
        if ended is not None:
            self._on_worker_exit(ended)

    def _on_worker_exit(self, ended: WorkerExit) -> None:
        log.error("%s with %d photos in hand", ended.cause, len(self._jobs))
        at_work = any(job.stage in WORK_STAGES for job in self._jobs.values())
        blamed = ended.on_gpu and not ended.outside and (at_work or not ended.was_ready)
        if blamed:
            self._gpu.failed(ended.cause, time.monotonic())
        for job in [self._jobs.pop(number) for number in list(self._jobs)]:
            attempts = job.attempts.interrupted() if ended.outside or blamed else job.attempts.crashed()
            self._outcomes.give_back(job, attempts, EngineError(f"{ended.cause} at stage {job.stage}"))

    def _on_message(self, message: dict[str, Any]) -> None:
        if "stage" in message:
            job = self._jobs[message["job"]]
            job.stage, job.beat = message["stage"], time.monotonic()
        else:
            self._outcomes.conclude(self._jobs.pop(message["job"]), message)

    # -- photos in -------------------------------------------------------------------------------------------------

    def _skip(self, sighting: Sighting) -> bool:
        path = sighting.path
        return (
            self._gate.keeps_back(path)
            or any(job.sighting.path == path for job in self._jobs.values())
            or (self.config.folders.original == "keep" and self.journal.is_kept(path, sighting.identity))
        )

    def _take_in(self) -> None:
        now = time.monotonic()
        idle = not (self._jobs or self._hotfolder.waiting or self._hotfolder.unreachable)
        self._gate.poll(now, idle=idle)
        if not self._takes_in(now):
            return
        self._hotfolder.poll(now)
        while self._has_room():
            taken = self._solo or self._hotfolder.take(now)
            self._solo = None
            if taken is None or not self._dispatch(*taken, now):
                return

    def _takes_in(self, now: float) -> bool:
        return not self._stopping and not self._gate.opens_in(now) and not self._disk_monitor.trouble

    def _has_room(self) -> bool:
        alone = any(job.attempts.alone for job in self._jobs.values())
        return self._workers.ready and len(self._jobs) < self.budget.in_flight and not alone

    def _dispatch(self, sighting: Sighting, closed: bool, now: float) -> bool:
        """Hand a photo to the worker; False when nothing more should be handed over for now."""
        try:
            attempts = self.journal.attempts(sighting.path, sighting.identity)
            if attempts.exhausted:  # a crash of the whole machine left it so
                self._outcomes.refuse(sighting, EngineError("every attempt on this photo ended the service"), attempts)
                return True
            if attempts.alone and self._jobs:
                self._solo = sighting, closed  # nobody else is taken in before it, so that its turn comes
                return False
            job = Job(sighting, closed, attempts, [], now)
            self._hand_over(job)
            return True
        except FileNotFoundError:
            log.info("%s went away before it was cut", printable(sighting.path))
            return True
        except (OSError, sqlite3.Error) as error:
            self._gate.failed(sighting.path, error, time.monotonic())
            return False

    def _hand_over(self, job: Job) -> None:
        folders, path = self.config.folders, job.sighting.path
        files: list[int] = []
        try:
            files.append(open_input(folders.inbox, path))
            options = options_for(folders.inbox, path, self.config.options, folders.backgrounds)
            background = _open_background(options)
            job.outputs.extend(self._outbox.temporary(path) for _ in range(1 + options.mask))
            files += [output.descriptor for output in job.outputs] + background
            self.journal.note_attempts(path, job.sighting.identity, job.attempts.interrupted())
            self._next_number += 1
            self._jobs[self._next_number] = job
            self._workers.send({"job": self._next_number, "options": asdict(options)}, files)
        except MattingError as error:
            job.discard()
            self._outcomes.refuse(job.sighting, error, job.attempts)
        except (OSError, sqlite3.Error):
            job.discard()
            raise
        finally:
            for descriptor in files[:1] + files[1 + len(job.outputs) :]:
                os.close(descriptor)

    def _in_hand(self) -> set[Path]:
        return {output.path for job in self._jobs.values() for output in job.outputs}

    # -- what it is like -------------------------------------------------------------------------------------------

    def _report(self) -> None:
        now = time.monotonic()
        state, reason = self._state()
        situation = Situation(
            state=state,
            reason=reason,
            engine=self._workers.engine,
            progress=self._gpu.progress if state is State.BUILDING else None,
            queue=self._hotfolder.waiting,
            in_hand=len(self._jobs),
            worker_bytes=self._workers.resident,
            gpu_bytes=self._workers.gpu_bytes,
            **(self._camera.told if self._camera is not None else {}),
        )
        self.reporter.tell(situation, self.counters, now)
        self.reporter.alive(now)

    def _state(self) -> tuple[State, str]:
        """The worst that is true."""
        if self._stopping:
            return State.STOPPING, ""
        if self._disk_monitor.trouble:  # the cause, where outputs fail for want of room
            return State.DEGRADED, self._disk_monitor.trouble
        if self._gate.trouble:
            return State.DEGRADED, self._gate.trouble
        if self._hotfolder.unreachable:
            return State.DEGRADED, f"the inbox cannot be read: {self._hotfolder.unreachable}"
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
        for key, _ in self._selector.select(self._patience()):
            if key.fileobj is self._wake_reader:
                self._wake_reader.recv(4096)

    def _patience(self) -> float:
        now = time.monotonic()
        due = [1.0]
        if self._disk_monitor.busy:
            due.append(4 * SLICE)
        if self._has_room() and self._takes_in(now):
            due.append(self._hotfolder.next_look(now))
        if wait := self._gate.opens_in(now):
            due.append(wait)
        return max(0.01, min(due))


def _open_background(options: Options) -> list[int]:
    file = options.background_file
    return [] if file is None else [os.open(file, os.O_RDONLY | os.O_CLOEXEC)]
