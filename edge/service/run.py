"""Everything the loop needs is made and checked here, then it runs."""

from __future__ import annotations

import logging
import os
import signal
import sqlite3
import time
from pathlib import Path

from edge.board.budget import Budget
from edge.config.load import ConfigError
from edge.config.types import Config
from edge.engine.cpu_variant import EXACT, choose
from edge.engine.kind import engine_beside, has_forms, wants_tensorrt
from edge.engine.request import EngineRequest, engine_request
from edge.fs.files import exclusive, make_folders
from edge.hooks.hooks import Hooks
from edge.monitoring.counters import Counters
from edge.monitoring.events import Events
from edge.monitoring.journald import set_up_logging
from edge.monitoring.reporter import Listener, Reporter
from edge.monitoring.systemd import Notifier
from edge.monitoring.textfile import TextFile
from edge.service.starts import SAFE_SECONDS, Starts, forget_starts, note_start
from edge.service.supervisor import Supervisor
from edge.worker.messages import StartWorker
from matting.errors import OutputError
from matting.model import default_model_dir, load_model

log = logging.getLogger(__name__)


def serve(config: Config, budget: Budget, *, once: bool) -> int:
    """The daemon itself, within that budget.

    Raises:
        MattingError: it cannot start, or cannot go on.
    """
    set_up_logging(config.log_level)
    _prepare(config)  # a disk that comes late is no failed start: nothing was tried
    runtime = os.environ.get("RUNTIME_DIRECTORY")  # systemd's: lasts across restarts, not across a boot
    starts = Starts(()) if once or runtime is None else _counted(Path(runtime))
    try:
        with exclusive(config.folders.state / "lock"):
            code = _serve(config, budget, once=once, careful=starts.too_many)
    except BlockingIOError as error:  # two services on one inbox would cut every photo twice
        raise ConfigError(f"another edge-matting already serves the state folder {config.folders.state}") from error
    if runtime is not None:
        forget_starts(Path(runtime))
    return code


def _counted(runtime: Path) -> Starts:
    """This start among those before it, after the pause that so many of them call for."""
    try:
        starts = note_start(runtime, time.clock_gettime(time.CLOCK_BOOTTIME))
    except (OSError, ValueError) as error:
        log.warning("the starts cannot be counted in %s: %s", runtime, error)
        return Starts(())
    if starts.too_many:
        number, pause = len(starts.times), starts.pause
        log.error("%d starts within minutes: this one waits for %.0f s and leaves GPU and camera alone", number, pause)
    time.sleep(starts.pause)
    return starts


def _serve(config: Config, budget: Budget, *, once: bool, careful: bool) -> int:
    """careful: what may have ended it so often, GPU and camera, is left alone for a while."""
    filling = config.folders.outbox if config.hot_folder else config.folders.state
    reporter = Reporter(config.status, filling, Notifier.from_environment(), _listeners(config))
    counters, events = Counters(), Events()
    hooks = Hooks(config.hooks, counters)
    events.listen(hooks.hear)
    try:
        supervisor = Supervisor(
            config,
            budget,
            _start_worker(config, budget),
            None if careful else _engine_request(config, budget),
            reporter,
            once=once,
            careful_until=time.monotonic() + SAFE_SECONDS if careful else None,
            counters=counters,
            events=events,
        )

        def stop(*_: object) -> None:
            supervisor.stop()
            hooks.stop()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        if config.hot_folder:
            log.info("watching %s, cut-outs go to %s", config.folders.inbox, config.folders.outbox)
        code = supervisor.run()
        if once:
            hooks.drain()
    except (OSError, sqlite3.Error) as error:
        raise OutputError(f"the service cannot go on: {error}") from error
    finally:
        hooks.close()
        reporter.close()
    log.info("stopped: %d cut, %d failed, %d without a person", counters.cut, counters.failed, counters.no_person)
    return code


def _listeners(config: Config) -> list[Listener]:
    """Who hears how the service is, beside the sources that ask for it."""
    return [] if config.textfile is None else [TextFile(config.textfile)]


def _engine_request(config: Config, budget: Budget) -> EngineRequest | None:
    """What the GPU shall run; None where it is not to be used."""
    return engine_request(config, budget) if wants_tensorrt(config.engine) else None


def _start_worker(config: Config, budget: Budget) -> StartWorker:
    """The worker's first message."""
    model = config.model or default_model_dir()
    load_model(model)  # a wrong description should stop the service before it takes in photos
    engine = engine_beside(config.engine)  # the GPU joins when it is ready
    return StartWorker(
        model=model,
        engine=engine,
        form=choose(model, budget.threads, config.folders.state) if has_forms(engine) else EXACT,
        threads=budget.threads,
        in_flight=budget.in_flight,
        pixels=budget.pixels,
        memory=budget.worker_bytes,
    )


def _prepare(config: Config) -> None:
    """Make the folders that are missing, and find out now what would fail later."""
    missing = [str(folder) for folder in config.roots if not folder.is_dir()]
    if missing:
        log.info("folders that were not there are made: %s", ", ".join(missing))
    for folder in config.roots:
        try:
            make_folders(folder)
        except OSError as error:
            raise OutputError(f"the folder {folder} cannot be made: {error.strerror}") from error
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            raise OutputError(f"the folder {folder} cannot be written: give the service's user permission")
