"""Where the time of one photo goes, how many a second with overlap, and the peak memory, at one size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.commands.bench.child import Child, own_command, product_environment
from matting.errors import SettingsError

Tick = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and 95th percentile of several times, in ms."""

    median: float
    p95: float


@dataclass(frozen=True, slots=True)
class StageResult:
    """One size's figures, from a process of its own after one unmeasured photo.

    coverage: share of the photo with alpha >= 0.5; edge: with alpha between 0 and 1, which costs the most.
    whole, stages: one photo at a time, from the file's bytes to the output's bytes. photos_per_second: `in_flight` at once, as
    the service works. peak_mb: largest resident size, one at a time and with overlap; resident_mb: the same after one tiny
    photo, so libraries, network and its arena; bytes_per_pixel: what one photo of this size added to that.
    """

    size: str
    width: int
    height: int
    photos: int
    engine: str
    load_ms: float
    coverage: float
    edge: float
    whole: Spread
    stages: dict[str, Spread]
    photos_per_second: float
    in_flight: int
    resident_mb: float
    peak_mb: float
    peak_overlap_mb: float
    bytes_per_pixel: float


@dataclass(frozen=True, slots=True)
class Product:
    """How the measured product is set up; in_flight, threads and form as the service would choose on this board."""

    engine: str
    model: Path
    threads: int
    in_flight: int
    form: str

    def child(self) -> Child:
        return Child(own_command(self.engine, self.model, self.threads, self.form), product_environment())


def spread(times: Sequence[float]) -> Spread:
    """Median and p95 of at least one time."""
    return Spread(float(np.median(times)), float(np.percentile(times, 95)))


@dataclass(frozen=True, slots=True)
class Facts:
    """Of a test photo, as in `StageResult`."""

    coverage: float
    edge: float


def facts(product: Product, photo: Path) -> Facts:
    """What the network finds in a photo.

    Raises:
        SettingsError: nobody, so its times would say nothing: what surrounds the network has next to nothing to do.
        EngineError: the measured process ended early.
    """
    with product.child() as child:
        found = Facts(**child.ask(str(photo), "facts"))
    if not found.coverage:
        raise SettingsError("nobody is found in the test photo, so its times would say nothing: give another --photo")
    return found


def measure(
    product: Product, tiny: Path, photo: Path, label: str, size: tuple[int, int], photos: int, tick: Tick
) -> StageResult:
    """Cut `photo` (width x height = `size`) `photos` times one by one, then as often with overlap; `tiny` first.

    Raises:
        SettingsError: nobody is in it. EngineError: the measured process ended early.
    """
    found = facts(product, photo)
    with product.child() as child:
        resident = child.ask(str(tiny))["peak_mb"]
        child.ask(str(photo))
        tick()
        answers = []
        for _ in range(photos):
            answers.append(child.ask(str(photo)))
            tick()
        count = max(photos, 2 * product.in_flight)
        overlap = child.ask(str(photo), str(count), str(product.in_flight))
        tick()
    peak = answers[-1]["peak_mb"]
    return StageResult(
        size=label,
        width=size[0],
        height=size[1],
        photos=photos,
        engine=child.loaded["version"],
        load_ms=child.loaded["load_ms"],
        coverage=found.coverage,
        edge=found.edge,
        whole=spread([answer["ms"] for answer in answers]),
        stages={name: spread([answer["stage_ms"][name] for answer in answers]) for name in answers[0]["stage_ms"]},
        photos_per_second=overlap["photos_per_second"],
        in_flight=product.in_flight,
        resident_mb=resident,
        peak_mb=peak,
        peak_overlap_mb=overlap["peak_mb"],
        bytes_per_pixel=(peak - resident) * 1e6 / (size[0] * size[1]),
    )
