"""`bench --budget`: the service on the CPU within a board's memory. The processor stays this machine's."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.board.budget import BOARDS, named
from edge.board.facts import memory
from edge.commands.bench.limits import limited
from edge.commands.bench.memory import PeakSampler
from edge.commands.bench.photos import Source, jpeg, numbered
from edge.commands.bench.service import Service
from edge.commands.bench.stages import Tick
from matting.errors import SettingsError

_MB = 1e6
_PIXELS = 24_000_000  # or as many as the board takes
_SIDES = (2, 3)


@dataclass(frozen=True, slots=True)
class BoardResult:
    """limited_by: in words. limit_mb: MemoryMax of the board's systemd unit, imposed; high_mb: MemoryHigh, all that the budget
    grants. peak_mb: largest sum of PSS over all processes; cgroup_peak_mb: what the cgroup counted, page cache included.
    free_mb: available on this machine before. killed: processes, by the kernel, for the limit.
    cut, no_person, failed: photos."""

    board: str
    limited_by: str
    limit_mb: float
    high_mb: float
    peak_mb: float
    cgroup_peak_mb: float | None
    megapixels: float
    in_flight: int
    photos_per_minute: float
    cut: int
    no_person: int
    failed: int
    killed: int
    free_mb: float


def chosen(text: str) -> list[str]:
    """The boards in "orin-nano-4gb,pc" or "all".

    Raises:
        SettingsError: no such board.
    """
    names = list(BOARDS) if text == "all" else text.split(",")
    for name in names:
        if name not in BOARDS:
            raise SettingsError(f"--budget {name}: choose all or some of {', '.join(BOARDS)}, with commas between")
    return names


def measure(board: str, folder: Path, model: Path, picture: Source, photos: int, most: int, tick: Tick) -> BoardResult:
    """One photo, then `photos` at once, or twice as many as the board has in flight if that is more. most: pixels of each.

    Raises:
        EngineError: the service ended or stood still.
    """
    budget, free = named(board), memory().available
    scale = math.sqrt(min(_PIXELS, most, budget.pixels) / (_SIDES[0] * _SIDES[1]))
    width, height = (int(side * scale) for side in _SIDES)
    photo, photos = jpeg(picture, width, height), max(photos, 2 * budget.in_flight)
    with limited(budget.memory_max) as limit:
        words = [board, str(limit.bytes), str(limit.folder or "-")]
        program = [sys.executable, "-m", "edge.commands.bench.board_service", *words]
        with Service(folder, "cpu", model, program) as service, PeakSampler(service.pid) as sampled:
            service.drop("warm.jpg", numbered(photo, 0))
            service.wait_for(1)
            started = time.perf_counter()
            for number in range(1, photos + 1):
                service.drop(f"{number}.jpg", numbered(photo, number))
            for number in range(1, photos + 1):
                service.wait_for(1 + number)
                tick()
            seconds = time.perf_counter() - started
            cut, no_person, failed = service.verdicts()
        peak = limit.peak()
        return BoardResult(
            board=board,
            limited_by=str(limit),
            limit_mb=limit.bytes / _MB,
            high_mb=budget.memory_high / _MB,
            peak_mb=sampled.peak_mb,
            cgroup_peak_mb=None if peak is None else peak / _MB,
            megapixels=width * height / 1e6,
            in_flight=budget.in_flight,
            photos_per_minute=60 * photos / seconds,
            cut=cut,
            no_person=no_person,
            failed=failed,
            killed=limit.kills(),
            free_mb=free / _MB,
        )


def as_text(results: Sequence[BoardResult]) -> str:
    """A table, and how far it goes."""
    lines = [f"{'board':15s}{'limit MB':>10s}{'budget MB':>11s}{'peak MB':>9s}{'of it':>7s}{'cgroup MB':>11s}{'photo':>8s}"]
    lines[0] += f"{'at once':>9s}{'a minute':>10s}{'cut':>5s}{'nobody':>8s}{'failed':>8s}{'killed':>8s}"
    for r in results:
        cgroup = "-" if r.cgroup_peak_mb is None else f"{r.cgroup_peak_mb:.0f}"
        sizes = f"{r.limit_mb:10.0f}{r.high_mb:11.0f}{r.peak_mb:9.0f}{r.peak_mb / r.high_mb:7.0%}{cgroup:>11s}"
        photos = f"{r.megapixels:5.0f} MP{r.in_flight:9d}{r.photos_per_minute:10.1f}"
        became = f"{r.cut:5d}{r.no_person:8d}{r.failed:8d}{r.killed:8d}"
        lines.append(f"{r.board:15s}{sizes}{photos}{became}")
    lines.append(f"limited by {'; '.join(sorted({r.limited_by for r in results}))}, to MemoryMax of the board's unit")
    lines += [
        f"{r.board}: only {r.free_mb:.0f} MB were available here, so the limit itself was not what bounded it"
        for r in results
        if r.free_mb < r.limit_mb
    ]
    return "\n".join([*lines, "on the CPU of this machine: no Orin, whose GPU, buses and cores are others"])
