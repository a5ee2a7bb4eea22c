"""What a comparison of mattes with true ones came to, as tables for people and numbers for programs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from matting.quality import Quality, mean

WORST_SHOWN = 5
# Measure -> its name and unit in a table's head.
COLUMNS = {
    "mad": "MAD x1e3",
    "mse": "MSE x1e3",
    "edge_mad": "edge x1e3",
    "grad": "Grad /1e3",
    "conn": "Conn /1e3",
    "sad": "SAD /1e3",
    "iou": "IoU",
    "psnr": "PSNR dB",
}


@dataclass(frozen=True, slots=True)
class Compared:
    """One photo's measures. no_person: the presence verdict was "nobody", so its alpha counts as 0 everywhere."""

    name: str
    quality: Quality
    no_person: bool


@dataclass(frozen=True, slots=True)
class Skipped:
    """A photo that could not be compared, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """All that one model, or one folder of mattes, came to. name: the engine's, or the folder's."""

    name: str
    compared: tuple[Compared, ...]
    skipped: tuple[Skipped, ...]


def report(name: str, results: Iterable[Compared | Skipped]) -> Report:
    """Run through the results."""
    both = list(results)
    compared = tuple(one for one in both if isinstance(one, Compared))
    return Report(name, compared, tuple(one for one in both if isinstance(one, Skipped)))


def worst_decile(compared: Sequence[Compared]) -> list[Compared]:
    """The tenth of the photos, at least one, with the largest MAD; the worst first."""
    return sorted(compared, key=lambda one: -one.quality.mad)[: max(1, len(compared) // 10)]


def as_numbers(one: Report) -> dict[str, object]:
    """For JSON; measures that are not finite (PSNR of equal mattes, no unknown band) are null."""
    return {
        "engine": one.name,
        "mean": _finite(mean([each.quality for each in one.compared])) if one.compared else None,
        "worst_decile": _finite(mean([each.quality for each in worst_decile(one.compared)])) if one.compared else None,
        "photos": [{"name": each.name, "no_person": each.no_person, **_finite(each.quality)} for each in one.compared],
        "skipped": [asdict(each) for each in one.skipped],
    }


def _finite(quality: Quality) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in asdict(quality).items()}


def as_table(one: Report, verbose: bool) -> str:
    """For people; MAD and MSE x1e3, Grad, Conn and SAD /1e3, edge = MAD in the unknown band, PSNR in dB."""
    lines = [f"engine: {one.name}"] + [f"skipped {each.name}: {each.reason}" for each in one.skipped]
    if not one.compared:
        return "\n".join([*lines, "nothing could be compared"])
    shown = sorted(one.compared, key=lambda each: -each.quality.mad)[: None if verbose else WORST_SHOWN]
    lines.append(_head("photo"))
    lines += [_row(each.name, each.quality) + "  no person found" * each.no_person for each in shown]
    tenth = worst_decile(one.compared)
    lines.append(_row(f"worst decile ({len(tenth)})", mean([each.quality for each in tenth])))
    lines.append(_row(f"mean ({len(one.compared)})", mean([each.quality for each in one.compared])))
    return "\n".join(lines)


def side_by_side(reports: Sequence[Report]) -> str:
    """The means, a line each, over the photos that all of them could be compared on."""
    common = set.intersection(*({each.name for each in one.compared} for one in reports))
    if not common:
        return "no photo could be compared with all of them"
    rows = [(one.name, [each.quality for each in one.compared if each.name in common]) for one in reports]
    return "\n".join([_head(f"means over {len(common)} photos"), *(_row(name, mean(qualities)) for name, qualities in rows)])


def _head(title: str) -> str:
    return f"{title:32s}" + "".join(f"{head:>11s}" for head in COLUMNS.values())


def _row(name: str, quality: Quality) -> str:
    return f"{name[:32]:32s}" + "".join(f"{getattr(quality, column):11.3f}" for column in COLUMNS)
