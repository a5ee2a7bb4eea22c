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

from edge.budget import Budget
from edge.camera.keeper import Keeper
from edge.camera.setup import Setup
from edge.config import Config
from edge.crew import Crew
from edge.endings import Endings
from edge.engine_room import EngineRoom
from edge.hotfolder import HotFolder
from edge.housekeeping import Housekeeper
from edge.inputs import open_input, options_for
from edge.job import Job
from edge.journal import Journal
from edge.names import printable
from edge.options import Options
from edge.outbox import Outbox
from edge.outlet import Outlet
from edge.pruner import SLICE
from edge.reporter import Reporter, Situation
from edge.stability import Sighting
from edge.status import State
from edge.tally import Tally
from edge.tensorrt.prepared import Wish
from edge.worker_process import Death
from matting.errors import EngineError, MattingError, OutputError
from matting.pipeline import WORK_STAGES

log = logging.getLogger(__name__)

# `--once` gives up on an outbox that cannot be written after this many failures in a row.
_ONCE_PATIENCE = 3


@dataclass
class Supervisor:
    """Built by `edge.service`, run once.

    careful_until: of the monotonic clock, where it ended so often that this run does without GPU and camera; then it ends
    in good order, and the next start tries everything again.
    """

    config: Config
    budget: Budget
    journal: Journal
    setup: dict[str, Any]
    wish: Wish | None
    reporter: Reporter
    camera: Setup | None = None
    tally: Tally = field(default_factory=Tally)
    careful_until: float | None = None
    _stopping: bool = False
    _jobs: dict[int, Job] = field(default_factory=dict)
    _solo: tuple[Sighting, bool] | None = None
    _next_number: int = 0

    def __post_init__(self) -> None:
        self._bell, self._rope = socket.socketpair()
        self._bell.setblocking(False)
        self._rope.setblocking(False)
        folders = self.config.folders
        self._outbox = Outbox(folders, self.journal)
        self._outlet = Outlet(self._outbox, self._in_hand)
        self._hot = HotFolder(folders.inbox, folders.settle_seconds, folders.rescan_seconds, self._skip, self.wake)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._bell, selectors.EVENT_READ)
        self._crew = Crew(self.setup, self.budget, self._selector)
        self._camera = None if self.camera is None else Keeper(self.camera, self._selector)
        self._room = EngineRoom(self.wish, self._selector)
        self._endings = Endings(
            folders.inbox, self.journal, self._outbox, self._outlet, self._hot, self._crew, self._room, self.tally
        )
        self._house = Housekeeper(self.config, self.journal.pending_deliveries, self.tally.note_removed)

    def wake(self) -> None:
        """Make the loop go round; safe from any thread and signal handler."""
        with contextlib.suppress(BlockingIOError):  # full: the bell is ringing already
            self._rope.send(b"\0")

    def stop(self) -> None:
        """Finish what is in hand, then return from `run`."""
        self._stopping = True
        self.wake()

    def run(self, *, once: bool) -> int:
        """Serve until `stop`, or with `once` until the inbox is empty. Returns the exit code.

        Raises:
            MattingError: the worker cannot be started at all: model missing or altered, no such engine.
        """
        self._outlet.recover()
        try:
            while not self._finished(once):
                self._tend_worker()
                self._tend_camera()
                self._house.tend(time.monotonic())
                self._take_in()
                self._report()
                self._wait()
                self._hear()
            self._stopping = True
            self._report()
            return self._exit_code(once)
        finally:
            self._hot.close()
            self._room.close()
            self._crew.close()
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
        if self._outlet.failures >= _ONCE_PATIENCE or (self._house.trouble and not self._house.busy):
            return True
        return not self._outlet.postpones and self._solo is None and self._hot.drained(time.monotonic())

    def _exit_code(self, once: bool) -> int:
        waiting = bool(self._outlet.trouble or self._outlet.holds_deliveries or self._house.trouble)
        return OutputError.exit_code if once and waiting else 0

    # -- the worker ------------------------------------------------------------------------------------------------

    def _tend_worker(self) -> None:
        now = time.monotonic()
        if any(now - job.beat > self.config.photo_timeout for job in self._jobs.values()):
            self._crew.kill(f"the worker made no progress for {self.config.photo_timeout:g} s and was ended")
        # Photos first: the CPU answers before the GPU is made ready.
        self._room.tend(now, may_begin=bool(self._crew.engine) and not self._stopping)
        prepared = self._room.prepared
        self._crew.setup = self.setup if prepared is None else {**self.setup, "gpu": prepared.to_json()}
        self._crew.tend(now, busy=bool(self._jobs))

    def _tend_camera(self) -> None:
        if self._camera is not None:
            now = time.monotonic()
            self._camera.tend(now)
            for path in self._camera.taken():
                self._hot.announce(path, now)

    def _hear(self) -> None:
        messages, death = self._crew.messages()
        for message in messages:
            self._heed(message)
        if death is not None:
            self._mourn(death)

    def _mourn(self, death: Death) -> None:
        log.error("%s with %d photos in hand", death.cause, len(self._jobs))
        at_work = any(job.stage in WORK_STAGES for job in self._jobs.values())
        blamed = death.on_gpu and not death.outside and (at_work or not death.was_ready)
        if blamed:
            self._room.failed(death.cause, time.monotonic())
        for job in [self._jobs.pop(number) for number in list(self._jobs)]:
            attempts = job.attempts.interrupted() if death.outside or blamed else job.attempts.crashed()
            self._endings.give_back(job, attempts, EngineError(f"{death.cause} at stage {job.stage}"))

    def _heed(self, message: dict[str, Any]) -> None:
        if "stage" in message:
            job = self._jobs[message["job"]]
            job.stage, job.beat = message["stage"], time.monotonic()
        else:
            self._endings.conclude(self._jobs.pop(message["job"]), message)

    # -- photos in -------------------------------------------------------------------------------------------------

    def _skip(self, sighting: Sighting) -> bool:
        path = sighting.path
        return (
            self._outlet.keeps_back(path)
            or any(job.sighting.path == path for job in self._jobs.values())
            or (self.config.folders.original == "keep" and self.journal.is_kept(path, sighting.identity))
        )

    def _take_in(self) -> None:
        now = time.monotonic()
        idle = not (self._jobs or self._hot.waiting or self._hot.unreachable)
        self._outlet.tend(now, idle=idle)
        if not self._takes_in(now):
            return
        self._hot.poll(now)
        while self._has_room():
            taken = self._solo or self._hot.take(now)
            self._solo = None
            if taken is None or not self._dispatch(*taken, now):
                return

    def _takes_in(self, now: float) -> bool:
        return not self._stopping and not self._outlet.opens_in(now) and not self._house.trouble

    def _has_room(self) -> bool:
        alone = any(job.attempts.alone for job in self._jobs.values())
        return self._crew.ready and len(self._jobs) < self.budget.in_flight and not alone

    def _dispatch(self, sighting: Sighting, closed: bool, now: float) -> bool:
        """Hand a photo to the worker; False when nothing more should be handed over for now."""
        try:
            attempts = self.journal.attempts(sighting.path, sighting.identity)
            if attempts.exhausted:  # a crash of the whole machine left it so
                self._endings.refuse(sighting, EngineError("every attempt on this photo ended the service"), attempts)
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
            self._outlet.failed(sighting.path, error, time.monotonic())
            return False

    def _hand_over(self, job: Job) -> None:
        folders, path = self.config.folders, job.sighting.path
        files: list[int] = []
        try:
            files.append(open_input(folders.inbox, path))
            options = options_for(folders.inbox, path, self.config.options, folders.backgrounds)
            picture = _open_picture(options)
            job.outputs.extend(self._outbox.temporary(path) for _ in range(1 + options.mask))
            files += [output.descriptor for output in job.outputs] + picture
            self.journal.note_attempts(path, job.sighting.identity, job.attempts.interrupted())
            self._next_number += 1
            self._jobs[self._next_number] = job
            self._crew.send({"job": self._next_number, "options": asdict(options)}, files)
        except MattingError as error:
            job.discard()
            self._endings.refuse(job.sighting, error, job.attempts)
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
            engine=self._crew.engine,
            progress=self._room.progress if state is State.BUILDING else None,
            queue=self._hot.waiting,
            in_hand=len(self._jobs),
            worker_bytes=self._crew.resident,
            gpu_bytes=self._crew.gpu_bytes,
            **(self._camera.told if self._camera is not None else {}),
        )
        self.reporter.tell(situation, self.tally, now)
        self.reporter.alive(now)

    def _state(self) -> tuple[State, str]:
        """The worst that is true."""
        if self._stopping:
            return State.STOPPING, ""
        if self._house.trouble:  # the cause, where outputs fail for want of room
            return State.DEGRADED, self._house.trouble
        if self._outlet.trouble:
            return State.DEGRADED, self._outlet.trouble
        if self._hot.unreachable:
            return State.DEGRADED, f"the inbox cannot be read: {self._hot.unreachable}"
        if self._crew.failing:
            return State.DEGRADED, "the worker does not start"
        if self.careful_until is not None:
            return State.DEGRADED, "it ended too often: without GPU and camera for an hour"
        on_gpu = self._crew.on_gpu and self._room.prepared is not None
        if self._room.reason and not on_gpu:
            return State.DEGRADED, f"on the CPU: {self._room.reason}"
        if self.wish is not None and not on_gpu and self._crew.engine:
            return State.BUILDING, self._room.text or "changing over to the GPU"
        if not self._crew.engine and self.reporter.starting:
            return State.STARTING, ""
        return State.READY, ""

    # -- waiting ---------------------------------------------------------------------------------------------------

    def _wait(self) -> None:
        """Until something happens, or something is due."""
        for key, _ in self._selector.select(self._patience()):
            if key.fileobj is self._bell:
                self._bell.recv(4096)

    def _patience(self) -> float:
        now = time.monotonic()
        due = [1.0]
        if self._house.busy:
            due.append(4 * SLICE)
        if self._has_room() and self._takes_in(now):
            due.append(self._hot.next_look(now))
        if wait := self._outlet.opens_in(now):
            due.append(wait)
        return max(0.01, min(due))


def _open_picture(options: Options) -> list[int]:
    return [] if options.picture is None else [os.open(options.picture, os.O_RDONLY | os.O_CLOEXEC)]
