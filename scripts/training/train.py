"""Train the portrait matting network: prepare, inherit, train by stages, validate. Run it again to go on.

    .venv/bin/python -m scripts.training.prepare --work DIR
    .venv/bin/python -m scripts.training.train --work DIR

With --further 3000 --seed 14 the published weights are trained longer: the whole, or with --part the edges alone, or edges and
meaning, in windows of pictures, which is cheap. --begin takes weights from a checkpoint instead.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from pathlib import Path

# Threads that wait for each other in a loop waste what other work on the machine leaves them: 4 times as long, beside a load.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import cv2
import numpy as np
import torch

from matting.model import load_model
from scripts.training.data import prepare
from scripts.training.data.composites import Composer
from scripts.training.steps import checkpoint, export, inherit, int8, loop, report, widen

ROOT = Path(__file__).resolve().parents[2]
VERSION = "1.1.0"

STAGES = (
    loop.Stage("edges", side=320, batch=16, steps=260, edges=4e-3),
    loop.Stage("whole", side=384, batch=8, steps=360, edges=2e-3, meaning=3e-4, encoder=1e-4, first_row=3),
    loop.Stage("fine", side=512, batch=8, steps=1450, edges=1.5e-3, meaning=1e-4, encoder=5e-5, first_row=5),
    loop.Stage("longer", side=512, batch=8, steps=2800, edges=8e-4, meaning=1e-4, encoder=5e-5, first_row=3),
    loop.Stage("longest", side=512, batch=8, steps=3000, edges=7e-4, meaning=1e-4, encoder=5e-5, first_row=3),
)


def begin(work: Path, teacher: Path, entries: list[prepare.Entry]) -> loop.Student:
    """The student with the teacher's semantics, made once and kept."""
    torch.manual_seed(0)
    student, kept = loop.Student(), work / "inherited.pt"
    if kept.is_file():
        student.load_state_dict(torch.load(kept, weights_only=True))
        return student
    some = [entries[at] for at in np.random.default_rng(0).permutation(len(entries))[:96]]
    inherit.inherit(student.network, inherit.load_teacher(teacher), int8.network_inputs(work / "cache", some))
    loop.save(kept, dict(student.state_dict()))
    return student


def train(options: argparse.Namespace, entries: list[prepare.Entry]) -> loop.Student:
    """All stages; the moving average."""
    training = [e for e in entries if not e.validation]
    student = begin(options.work, options.teacher, [e for e in training if e.kind == "teacher"])
    average = loop.duplicate(student)
    for number, stage in enumerate(STAGES):
        student.load_state_dict(average.state_dict())  # each goes on from what the last one was worth
        make = Composer(options.work / "cache", training, stage.side, seed=number)
        loop.train_stage(student, average, stage, make, options.work, seed=number)
        report.look(average.network, stage.name, options.work, entries)
    return average


def further(part: str, steps: int, seed: int) -> loop.Stage:
    """What --further adds; its name keeps the checkpoints of several apart. On two cores without bfloat16 only windows pay."""
    name = f"{part}-{seed}"
    if part == "edges":
        return loop.Stage(name, side=512, batch=4, steps=steps, edges=1e-3, window=256)
    if part == "meaning":
        return loop.Stage(name, side=512, batch=4, steps=steps, edges=6e-4, meaning=1e-4, window=256)
    return loop.Stage(name, side=512, batch=8, steps=steps, edges=1e-3, meaning=3e-4, encoder=1.2e-4, first_row=2)


def published(folder: Path) -> loop.Student:
    """The weights of the model in `folder`, in the network as it is now: channels that it has gained since then begin at
    nothing, and so does the head, which only training has."""
    student = loop.Student()
    widen.load(student.network, torch.jit.load(folder / "portrait.pt").state_dict())
    return student


def go_on(options: argparse.Namespace, entries: list[prepare.Entry]) -> loop.Student:
    """The published weights, trained for so many steps more; between the two, at the share that was asked for."""
    torch.manual_seed(options.seed)
    student, stage = published(options.out), further(options.part, options.further, options.seed)
    if options.begin:
        checkpoint.load(student, options.begin)
    average = loop.duplicate(student)
    make = Composer(options.work / "cache", [e for e in entries if not e.validation], stage.side, seed=options.seed)
    loop.train_stage(student, average, stage, make, options.work, options.seed)
    report.look(average.network, stage.name, options.work, entries)
    return loop.between(published(options.out), average, options.share)


def newest(work: Path) -> loop.Student | None:
    """The moving average of the furthest stage that has a checkpoint."""
    for stage in reversed(STAGES):
        path = work / f"{stage.name}.pt"
        if path.is_file():
            student = loop.Student()
            student.load_state_dict(torch.load(path, weights_only=True)["average"])
            return student
    return None


def finish(student: loop.Student, options: argparse.Namespace, entries: list[prepare.Entry]) -> None:
    """Measure, export, and bring the model card up to date. Published weights are only replaced by better ones."""
    cache, scratch = options.work / "cache", options.work / "measured.onnx"
    sets = report.decisive(cache, entries)
    measured = report.measure(student.network, sets, cache, entries, options.teacher, scratch)
    version, stages = VERSION, list[str]()
    trained: tuple[loop.Stage, ...] = STAGES
    if options.further:
        trained = (further(options.part, options.further, options.seed),)
        before = report.scores(published(options.out).network, sets, scratch)
        if not report.better(measured, before):
            lines = [f"{name}: {score}, published {before[key]}" for key, (name, score, _) in measured.composites.items()]
            sys.exit("\n".join(["not better than what is published, which stays:", *lines]))
        major, minor, _ = load_model(options.out).version.split(".")
        version = f"{major}.{int(minor) + 1}.0"
        stages = report.published_stages(options.out / "README.md")
    sizes = {s.name: (s.side, s.batch) for s in trained}
    stages += [report.stage_line(*row, *sizes[row[0]]) for row in report.curves(options.work) if row[0] in sizes]
    export.export(student.network, options.out, version, measured.fit, measured.presence)
    forms = int8.forms(options.out, cache, entries)
    block = report.text(measured, stages, forms, options.machine)
    report.write_card(options.out / "README.md", block)
    print(block)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="caches, checkpoints, curves, contact sheets")
    parser.add_argument("--data", type=Path, help="photos, mattes and backgrounds; WORK/data")
    parser.add_argument("--teacher", type=Path, help="WORK/modnet.onnx")
    parser.add_argument("--out", type=Path, default=ROOT / "models" / "portrait", help="where the model is written")
    parser.add_argument("--further", type=int, metavar="STEPS", help="train the weights in --out for so many steps more")
    parser.add_argument("--part", choices=("edges", "meaning", "whole"), default="whole", help="what --further trains")
    parser.add_argument("--begin", type=Path, help="a checkpoint for --further to go on from, of --work or checkpoints/")
    parser.add_argument("--seed", type=int, default=len(STAGES), help="of --further's samples: another one each time")
    parser.add_argument(
        "--share", type=float, default=1.0, help="of the new weights in the result, 0 to 1; the rest are the published ones"
    )
    parser.add_argument("--machine", default=platform.machine(), help="what the card calls this machine")
    parser.add_argument("--now", action="store_true", help="export the newest checkpoint instead of training on")
    options = parser.parse_args()
    options.data = options.data or options.work / "data"
    options.teacher = options.teacher or options.work / "modnet.onnx"
    cv2.setNumThreads(0)
    entries = prepare.prepare(options.data, options.work)
    if options.further:
        student: loop.Student | None = go_on(options, entries)
    else:
        student = newest(options.work) if options.now else train(options, entries)
    if student is None:
        parser.error("nothing is trained yet")
    finish(student, options, entries)


if __name__ == "__main__":
    main()
