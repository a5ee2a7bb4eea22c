"""The file that an owner of a board may send: what the board is, and how fast it cuts. Everything in it is listed here.

No picture, and no name of a file, folder, host or user. Of most checks only the level is told; those of the board are told in
their words, without paths and addresses.
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

from tqdm import tqdm

from edge.board.budget import Budget
from edge.board.facts import Board, Memory, memory
from edge.board.sensors import Sensors, read_sensors
from edge.commands.bench.stages import Spread, spread
from edge.commands.doctor.photos import Cut, cut_many
from edge.commands.doctor.private import Private
from edge.commands.doctor.tegrastats import Tegrastats
from edge.engine.prepare import in_store
from edge.engine.request import engine_request
from edge.engine.tensorrt.plan import BuildPlan
from edge.engine.tensorrt.probe import probe
from edge.engine.tensorrt.store import GpuInfo, StoredEngine
from edge.fs.files import write_atomic
from edge.monitoring.finding import Finding
from edge.monitoring.target import Target
from matting.errors import MattingError, OutputError

SCHEMA = 1
# The others tell of the owner's own: settings, folders, disks, models, programs.
_IN_WORDS = ("board", "jetpack", "memory", "budget", "heat", "clocks", "devices", "cuda", "tensorrt", "engines", "gstreamer")


@dataclass(frozen=True, slots=True)
class Engine:
    """A TensorRT engine in store. built: the plan that worked; seconds: how long its build took, None for one of an older
    release; psnr: dB of its alpha against the CPU's."""

    built: BuildPlan
    bytes: int
    psnr: float
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Photos:
    """engine: its name. failed: why there are fewer than asked for, "" where there are not. whole, stages: ms of one photo
    of 12 MP. peak_rss, least_available: bytes. hottest: degrees Celsius by zone."""

    engine: str
    cut: int
    failed: str
    whole: Spread | None
    stages: dict[str, Spread]
    peak_rss: int
    least_available: int
    hottest: dict[str, float]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that is told. found: level and words of each check, or the level alone."""

    schema: int
    edge_matting: str
    day: str
    system: str
    python: str
    board: Board
    memory: Memory
    budget: Budget
    before: Sensors
    after: Sensors
    gpu: GpuInfo | None
    engines: list[Engine]
    photos: Photos
    found: dict[str, list[list[str]]]
    tegrastats: list[str]


def write_report(path: Path, who: Target, config: Path | None, found: Sequence[Finding], photos: int) -> None:
    """Cut the photos, with progress on stderr where that is a terminal, and write the file.

    Raises:
        OutputError: it cannot be written.
    """
    ram, before = memory(who.root), read_sensors(who.root)
    gpu, engines = _engines(who)
    with Tegrastats() as tegrastats:
        measured = _photos(who, config, photos)
    private = Private(who.root, [who.user.name] if not who.user.name.isdigit() else [])
    report = Report(
        SCHEMA,
        version("edge-matting"),
        date.today().isoformat(),
        f"{platform.system()} {platform.release()} {platform.machine()}",
        platform.python_version(),
        who.board,
        ram,
        who.budget,
        before,
        read_sensors(who.root),
        gpu,
        engines,
        measured,
        _found(found),
        tegrastats.lines,
    )
    try:
        write_atomic(path, (json.dumps(_cleaned(asdict(report), private), indent=1, ensure_ascii=False) + "\n").encode())
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error


def _found(found: Sequence[Finding]) -> dict[str, list[list[str]]]:
    told: dict[str, list[list[str]]] = {}
    for each in found:
        told.setdefault(each.check, []).append([each.level, *([each.said] if each.check in _IN_WORDS else [])])
    return told


def _engines(who: Target) -> tuple[GpuInfo | None, list[Engine]]:
    """None of a machine without a GPU that works: the findings say why."""
    if not who.has_gpu:
        return None, []
    try:
        gpu = probe()
        stored = [engine for _, engine in in_store(engine_request(who.config, who.budget), gpu)]
    except MattingError:
        return None, []
    whole = [engine for engine in stored if isinstance(engine, StoredEngine)]
    return gpu, [Engine(each.built, len(each.engine), each.psnr, each.seconds) for each in whole]


def _photos(who: Target, config: Path | None, count: int) -> Photos:
    engine, failed, least, hottest = "", "", memory(who.root).available, dict[str, float]()
    cuts: list[Cut] = []
    with tqdm(total=count, desc="photos", unit="photo", disable=not sys.stderr.isatty()) as bar:
        try:
            for answer in cut_many(count, config):
                if isinstance(answer, str):  # with the model's name and release, which may be the owner's own
                    engine = answer if who.config.model is None else answer.partition(" ")[0]
                    continue
                cuts.append(answer)
                bar.update()
                least = min(least, memory(who.root).available)
                for zone in read_sensors(who.root).zones:
                    hottest[zone.name] = max(zone.celsius, hottest.get(zone.name, zone.celsius))
        except MattingError as error:
            failed = str(error)
    stages = list(cuts[0].stage_ms) if cuts else []
    return Photos(
        engine,
        len(cuts),
        failed,
        _times([each.ms for each in cuts]) if cuts else None,
        {stage: _times([each.stage_ms.get(stage, 0.0) for each in cuts]) for stage in stages},
        max((each.rss for each in cuts), default=0),
        least,
        hottest,
    )


def _times(values: Sequence[float]) -> Spread:
    found = spread(values)
    return Spread(round(found.median, 2), round(found.p95, 2))


def _cleaned(value: object, private: Private) -> object:
    """Every text in it, as others may read it."""
    if isinstance(value, dict):
        return {key: _cleaned(each, private) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_cleaned(each, private) for each in value]
    return private.without(value) if isinstance(value, str) else value
