"""The figures of a bench run, as one value, as JSON and as tables for people."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from edge.commands.bench.floor import FloorResult
from edge.commands.bench.machine import Machine
from edge.commands.bench.rivals import OURS, RivalResult
from edge.commands.bench.service import ServiceResult
from edge.commands.bench.stages import Spread, StageResult
from edge.engine.cpu_variant import FORMS


@dataclass(frozen=True, slots=True)
class Report:
    """All of one run. photo: what the test photos were made from; threads: of the CPU engine; form_ms: one run of the
    network in each form that the CPU may run, as the service measures it; remarks: what was asked for and could not be
    measured, and why. Each size's stages name the engine with its model and form of the weights."""

    machine: Machine
    photo: str
    threads: int
    form_ms: dict[str, float]
    stages: list[StageResult] = field(default_factory=list)
    service: list[ServiceResult] = field(default_factory=list)
    floor: list[FloorResult] = field(default_factory=list)
    rivals: list[RivalResult] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def as_json(report: Report) -> str:
    """Times in ms, memory in MB (1e6 bytes), in the shape of the dataclasses."""
    return json.dumps(asdict(report), indent=2)


def as_text(report: Report) -> str:
    """Tables; times are median (p95)."""
    sizes = [*(_stages(result) for result in report.stages), *(_floor(result) for result in report.floor)]
    parts = [_head(report), *sizes, _service(report.service), _rivals(report.rivals), "\n".join(report.remarks)]
    return "\n\n".join(part for part in parts if part)


def _head(report: Report) -> str:
    m = report.machine
    board = f"{m.board}, " if m.board else ""
    versions = ", ".join(f"{name} {version}" for name, version in m.versions.items())
    return "\n".join(
        [
            f"{m.date}  {board}{m.cpu}, {m.cores} cores, {m.ram_mb / 1e3:.1f} GB, {m.system}, load {m.load:.2f} before",
            f"Python {m.python}, {versions}",
            f"engine: {', '.join(sorted({each.engine for each in report.stages}))}; {report.threads} threads",
            f"network alone: {', '.join(f'{FORMS[form]} {ms:.1f} ms' for form, ms in report.form_ms.items())}",
            f"photo: {report.photo}, with sensor noise, JPEG quality 92; times in ms, median (p95)",
        ]
    )


def _stages(result: StageResult) -> str:
    lines = [f"{result.size} ({result.width}x{result.height}), {result.photos} photos, bytes in to PNG bytes out"]
    lines[0] += f"; {result.coverage:.0%} of it person, {result.edge:.1%} edge"
    lines += [f"  {name:24s}{_spread(times)}" for name, times in result.stages.items()]
    lines += [
        f"  {'whole photo':24s}{_spread(result.whole)}",
        f"  engine and model load in {result.load_ms:.0f} ms",
        f"  {result.photos_per_second:.2f} photos a second, {result.in_flight} at once",
        f"  peak memory {result.peak_mb:.0f} MB one at a time, {result.peak_overlap_mb:.0f} MB with overlap; "
        f"{result.resident_mb:.0f} MB with a tiny photo, {result.bytes_per_pixel:.1f} bytes a pixel more with this one",
    ]
    return "\n".join(lines)


def _floor(result: FloorResult) -> str:
    lines = [f"{result.size}, what it must cost at least on {result.cores} cores: each part on one core, divided by the cores"]
    lines += [f"  {name:24s}{_spread(times)}" for name, times in result.parts.items()]
    lines.append(f"  {'floor':24s}{result.floor_ms:9.1f}")
    lines.append(f"  {'ours':24s}{result.ours_ms:9.1f}, in turn with it; {result.ratio:.2f} times the floor")
    return "\n".join(lines)


def _service(results: list[ServiceResult]) -> str:
    if not results:
        return ""
    lines = [f"{'warm service':16s}{'file in to file out':>24s}  photos/s  alone MB  peak MB   cut  nobody  failed"]
    for r in results:
        memory, verdicts = f"{r.peak_alone_mb:10.0f}{r.peak_mb:9.0f}", f"{r.cut:6d}{r.no_person:8d}{r.failed:8d}"
        lines.append(f"  {r.size:14s}{_spread(r.latency):>24s}{r.photos_per_second:10.2f}{memory}{verdicts}")
    return "\n".join(lines)


def _rivals(results: Iterable[RivalResult]) -> str:
    lines: list[str] = []
    for r in results:
        if r.name == OURS:
            lines.append(f"side by side, {r.size}, {r.photos} photos in turn")
        figures = f"{_spread(r.time):>22s}  peak {r.peak_mb:6.0f} MB  PNG {r.bytes / 1e6:6.2f} MB"
        ratio = "" if r.name == OURS else f"  time ours/{r.name} = {r.ours_to_this:.3f}"
        lines.append(f"  {r.name:26s}{figures}  ({r.version}){ratio}")
    return "\n".join(lines)


def _spread(times: Spread) -> str:
    return f"{times.median:9.1f} ({times.p95:.1f})"
