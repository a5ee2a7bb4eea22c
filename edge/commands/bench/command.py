"""`edge-matting bench`: every stage, the warm service, and what else could be used, in one run."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from edge.board.budget import this_machine
from edge.commands.bench import boards, floor, photos, report, rivals, service, stages
from edge.commands.bench.machine import machine
from edge.engine.cpu_variant import EXACT, fastest, measure
from matting.engines.registry import engine_names
from matting.errors import SettingsError
from matting.model import default_model_dir, load_model

TINY, SAMPLE = (64, 64), (480, 640)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `edge-matting bench`."""
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--photos", type=int, default=10, metavar="N", help="photos for each figure (10)")
    parser.add_argument("--sizes", default="1080p,12mp,24mp", help="1080p, 12mp, 24mp or WIDTHxHEIGHT, with commas between")
    parser.add_argument("--photo", type=Path, metavar="FILE", help="make the test photos from this one")
    parser.add_argument("--engine", choices=engine_names(), default="auto")
    parser.add_argument("--model", type=Path, default=default_model_dir(), metavar="DIR", help="folder with a model.toml")
    parser.add_argument("--no-service", action="store_true", help="leave out the part that starts the real service")
    parser.add_argument("--budget", metavar="BOARD", help="all, orin-nano-4gb, ...: the service within that board's memory")
    parser.add_argument("--floor", action="store_true", help="also what each size must cost at least, and how far we are")
    parser.add_argument("--rivals", action="store_true", help="also time what users would pick instead, where it is installed")
    parser.add_argument("--rival-python", type=Path, metavar="PATH", help="the python of a virtual environment that has rembg")
    parser.add_argument("--isnet", type=Path, metavar="FILE", help="rembg's IS-Net general, isnet-general-use.onnx")
    parser.add_argument("--modnet", type=Path, metavar="FILE", help="MODNet as ONNX")


def main(args: argparse.Namespace) -> int:
    """Measure and print.

    Raises:
        MattingError: wrong arguments, no model, or a measured process that ended early.
    """
    if args.photos < 1:
        raise SettingsError("--photos must be at least 1")
    if args.budget:
        results = within_budgets(args)
        print(json.dumps([asdict(each) for each in results], indent=2) if args.json else boards.as_text(results))
        return 0
    found = run(args)
    print(report.as_json(found) if args.json else report.as_text(found))
    return 0


def within_budgets(args: argparse.Namespace) -> list[boards.BoardResult]:
    """Board by board; photos of 24 MP unless --sizes names one that is smaller."""
    names, source, results = boards.chosen(args.budget), photos.source(args.photo), []
    load_model(args.model)
    width, height = photos.size(args.sizes.split(",")[-1])
    with (
        tempfile.TemporaryDirectory(prefix="edge-matting-bench-") as scratch,
        tqdm(unit="photo", file=sys.stderr, disable=not sys.stderr.isatty()) as progress,
    ):
        sample = Path(scratch) / "sample.jpg"
        sample.write_bytes(photos.jpeg(source, *SAMPLE))
        stages.facts(stages.Product("cpu", args.model, 1, 1, EXACT), sample)
        for name in names:
            progress.set_description(name)
            folder = Path(scratch) / name
            folder.mkdir()
            results.append(boards.measure(name, folder, args.model, source, args.photos, width * height, progress.update))
    return results


def run(args: argparse.Namespace) -> report.Report:
    """All parts that were asked for, size by size; progress goes to stderr on a terminal."""
    sizes = {label: photos.size(label) for label in args.sizes.split(",")}
    load_model(args.model)
    on, source, budget = machine(), photos.source(args.photo), this_machine()
    seconds = measure(args.model, budget.threads)
    found = report.Report(on, source.name, budget.threads, {form: 1e3 * spent for form, spent in seconds.items()})
    fitting = {label: size for label, size in sizes.items() if size[0] * size[1] <= budget.pixels}
    found.remarks.extend(
        f"{label}: more pixels than the service takes on this machine" for label in sizes.keys() - fitting.keys()
    )
    product = stages.Product(args.engine, args.model, budget.threads, budget.in_flight, fastest(seconds))
    parts = 1 + (not args.no_service) + args.floor + args.rivals
    steps = len(fitting) * (parts * (args.photos + 2) - args.floor - args.rivals)
    with (
        tempfile.TemporaryDirectory(prefix="edge-matting-bench-") as scratch,
        tqdm(total=steps, unit="step", file=sys.stderr, disable=not sys.stderr.isatty()) as progress,
    ):
        contenders: tuple[rivals.Contender, ...] = ()
        if args.rivals:
            contenders, missing = rivals.find(product, args.rival_python, args.isnet, args.modnet, Path(scratch))
            found.remarks.extend(missing)
        tiny = Path(scratch) / "tiny.jpg"
        tiny.write_bytes(photos.jpeg(photos.source(None), *TINY))
        for label, size in fitting.items():
            data = photos.jpeg(source, *size)
            folder = Path(scratch) / label
            folder.mkdir()
            photo = folder / "photo.jpg"
            photo.write_bytes(data)
            found.stages.append(stages.measure(product, tiny, photo, label, size, args.photos, progress.update))
            if args.floor:
                found.floor.append(floor.measure(product, photo, label, args.photos, progress.update))
            if not args.no_service:
                found.service.append(service.measure(product, folder, data, label, args.photos, progress.update))
            if contenders:
                results, failed = rivals.compare(contenders, photo, label, args.photos, progress.update)
                found.rivals.extend(results)
                found.remarks.extend(failed)
    return found
