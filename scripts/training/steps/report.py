"""After training: measure, choose fit and presence thresholds, export, and write the figures into the model card."""

from __future__ import annotations

import datetime
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
import onnxruntime

from scripts.training.data import sources
from scripts.training.data.composites import Sample
from scripts.training.data.prepare import Entry
from scripts.training.network import MattingNetwork, parameter_count
from scripts.training.steps import export, validate
from scripts.training.steps.int8 import Nearness

matplotlib.use("Agg")
from matplotlib import pyplot

BEGIN, END = "<!-- measured: begin (written by scripts.training.train) -->", "<!-- measured: end -->"


Row = tuple[str, validate.Score, validate.Score | None]  # set, ours, teacher's


@dataclass(frozen=True)
class Measured:
    """What the card says. `composites` decide whether weights are better (a row each of DECISIVE), `others` are told beside
    them."""

    parameters: int
    composites: dict[str, Row]
    others: list[Row]
    fit: validate.Fit
    presence: validate.Presence
    time_ratio: float


@dataclass(frozen=True)
class Decisive:
    """A set on which new weights may have no more error than the old; where `edges`, neither in the unknown band nor in its
    gradient."""

    samples: Callable[[Path, list[Entry]], list[Sample]]
    name: str
    edges: bool = True


DECISIVE = {
    "exact": Decisive(validate.exact_composites, "exact composites, 512x512"),
    "clutter": Decisive(validate.cluttered_composites, "with things about"),
    "holding": Decisive(validate.holding_composites, "with a thing held"),
    "hair": Decisive(validate.hairy_composites, "with grown hair"),
    "bystanders": Decisive(validate.bystander_composites, "with people who walk by"),
    "cutouts": Decisive(validate.cutout_composites, "of keyed cut-outs"),
    "drawn": Decisive(validate.drawn_composites, "of drawn people", edges=False),
}


Sets = dict[str, list[Sample]]


def decisive(cache: Path, entries: list[Entry]) -> Sets:
    """All of DECISIVE that there are samples for."""
    sets = {key: each.samples(cache, entries) for key, each in DECISIVE.items()}
    return {key: samples for key, samples in sets.items() if samples}


def scores(network: MattingNetwork, sets: Sets, scratch: Path) -> dict[str, validate.Score]:
    """Of the network's exported file, on each set."""
    export.write_onnx(network, scratch)
    matte = validate.onnx_matte(scratch)
    return {key: validate.evaluate(matte, samples) for key, samples in sets.items()}


def better(measured: Measured, before: dict[str, validate.Score]) -> bool:
    """In some figure, and worse in none, on all of DECISIVE: mean error, that of the worst tenth, and edges where they
    count."""
    figures = [
        (getattr(measured.composites[key][1], figure), getattr(old, figure))
        for key, old in before.items()
        for figure in ("mad", "worst", *(("band", "grad") if DECISIVE[key].edges else ()))
    ]
    return all(new <= old for new, old in figures) and any(new < old for new, old in figures)


def time_ratio(model: Path, other: Path, rounds: int = 15) -> float:
    """Of the least times for one 512 x 512 photo on 2 threads, in turn, so that what else the machine does meets both."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # or one's waiting threads would slow the other
    sessions = [onnxruntime.InferenceSession(str(p), options, providers=["CPUExecutionProvider"]) for p in (model, other)]
    tensor = np.zeros((1, 3, 512, 512), np.float32)
    times: list[list[float]] = [[], []]
    for _ in range(rounds):
        for session, spent in zip(sessions, times, strict=True):
            start = time.perf_counter()
            session.run(None, {"input": tensor})
            spent.append(time.perf_counter() - start)
    return min(times[0]) / min(times[1])


def measure(network: MattingNetwork, sets: Sets, cache: Path, entries: list[Entry], teacher: Path, scratch: Path) -> Measured:
    """Everything, on the exported file and not on the module in memory. sets: the decisive ones."""
    export.write_onnx(network, scratch)
    ours, theirs = validate.onnx_matte(scratch), validate.onnx_matte(teacher)
    upright, photos = validate.upright_composites(cache, entries), validate.real_photos(cache, entries)
    fits: dict[validate.Fit, validate.Score] = {
        "stretch": validate.evaluate(ours, upright, "stretch"),
        "letterbox": validate.evaluate(ours, upright, "letterbox"),
    }
    fit = min(fits, key=lambda f: fits[f].mad + 0.1 * fits[f].band)
    composites: dict[str, Row] = {}
    for key, samples in sets.items():
        name = f"{len(samples)} {DECISIVE[key].name}"
        composites[key] = (name, validate.evaluate(ours, samples), validate.evaluate(theirs, samples))
        validate.sheet({"ours": ours, "teacher": theirs}, samples[:24], scratch.parent / "sheets" / f"{key}.png")
    others: list[Row] = []
    for name, score in fits.items():
        others.append((f"{len(upright)} exact composites, 512x768, {name}", score, validate.evaluate(theirs, upright, name)))
        others.append((f"{len(photos)} photos, {name}", validate.evaluate(ours, photos, name), None))
    people = [s.photo for s in (*sets["exact"], *upright, *photos)]
    there = validate.presence(ours, people, validate.empty_places(cache, entries), fit)
    validate.sheet({"ours": ours}, photos, scratch.parent / "sheets" / "photos.png", fit)
    return Measured(parameter_count(network), composites, others, fit, there, time_ratio(scratch, teacher))


def look(network: MattingNetwork, stage: str, work: Path, entries: list[Entry]) -> None:
    """After a stage, for looking at: work/sheets/STAGE.png (photo, given matte, ours), and the curves."""
    sheet = work / "sheets" / f"{stage}.png"
    if not sheet.is_file():
        export.write_onnx(network, work / "look.onnx")
        cache = work / "cache"
        samples = validate.exact_composites(cache, entries)[:16] + validate.real_photos(cache, entries)[:16]
        validate.sheet({"ours": validate.onnx_matte(work / "look.onnx")}, samples, sheet)
    curves(work)


def curves(work: Path) -> list[tuple[str, int, float]]:
    """Draw work/sheets/curves.png; name, steps and minutes of each stage."""
    rows = [json.loads(line) for line in (work / "curve.jsonl").read_text().splitlines()]
    names = list(dict.fromkeys(r["stage"] for r in rows))
    figure, axes = pyplot.subplots(1, len(names), figsize=(6 * len(names), 4), squeeze=False)
    for axis, name in zip(axes[0], names, strict=True):
        own = [r for r in rows if r["stage"] == name]
        axis.plot([r["step"] for r in own], [r["loss"] for r in own], linewidth=0.8)
        axis.set(title=name, xlabel="step", ylabel="loss", yscale="log")
    figure.tight_layout()
    (work / "sheets").mkdir(exist_ok=True)
    figure.savefig(work / "sheets" / "curves.png")
    pyplot.close(figure)
    own_rows = {n: [r for r in rows if r["stage"] == n] for n in names}
    return [(n, max(r["step"] for r in own), sum(r["seconds"] for r in own) / 60) for n, own in own_rows.items()]


FIGURES = "MAD x1e3 | edge MAD x1e3 | Grad /1e3 | IoU | worst tenth's MAD"


def cell(score: validate.Score | None) -> str:
    """Five columns of the table."""
    if score is None:
        return "(its labels) | | | |"
    return f"{score.mad:.2f} | {score.band:.1f} | {score.grad:.3f} | {score.iou:.4f} | {score.worst:.1f}"


STAGES = ["| Stage | side | batch | steps | photos | minutes |", "|---|---|---|---|---|---|"]


def stage_line(name: str, steps: int, minutes: float, side: int, batch: int) -> str:
    """A stage's line in the card's table."""
    return f"| {name} | {side} | {batch} | {steps} | {steps * batch:,} | {minutes:.0f} |"


def published_stages(card: Path) -> list[str]:
    """The lines of the stages that the weights in the card have behind them."""
    after = card.read_text().split("\n".join(STAGES) + "\n")[1]
    return after.split("\n\n")[0].splitlines()


def text(measured: Measured, stages: list[str], forms: list[Nearness], machine: str) -> str:
    """The measured part of the card."""
    day = datetime.date.today().isoformat()
    lines = [BEGIN, f"Measured {day} on {machine}; our own validation split.", ""]
    lines += [f"Parameters: {measured.parameters:,}. ONNX Runtime, 2 threads, against MODNet in the same process: "
              f"{measured.time_ratio:.2f} of its time.", ""]  # fmt: skip
    lines += [
        f"| Validation set | our {FIGURES} | MODNet's {FIGURES} |",
        f"|{'---|' * 11}",
    ]
    lines += [
        f"| {name} | {cell(ours)} | {cell(theirs)} |"
        for name, ours, theirs in (*measured.composites.values(), *measured.others)
    ]
    lines += ["", f"Fit: {measured.fit}, the better of the two on the upright composites."]
    p = measured.presence
    lines += [f"Presence: coverage >= {p.min_coverage} and peak >= {p.min_peak}: {p.missed:.1%} of photos with a person "
              f"called empty, {p.imagined:.1%} of {validate.EMPTY} empty pictures called peopled.", ""]  # fmt: skip
    lines += [
        "| Form | alpha against fp32's, mean dB | median | 5th percentile | worst | photos |",
        "|---|---|---|---|---|---|",
    ]
    lines += [*(form.row for form in forms), ""]
    lines += [*STAGES, *stages]
    lines += ["", "| Data | what | licence |", "|---|---|---|"]
    lines += [f"| {k} | {what} | {licence} |" for k, (what, licence) in sources.LICENCES.items()]
    return "\n".join([*lines, END])


def write_card(path: Path, block: str) -> None:
    """Replace what stands between the marks; the rest is written by people."""
    card = path.read_text() if path.is_file() else f"# portrait\n\n{BEGIN}\n{END}\n"
    head, rest = card.split(BEGIN)
    path.write_text(head + block + rest.split(END)[1])
