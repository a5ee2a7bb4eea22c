"""Which photos a run cuts, and under what names their cut-outs lie."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from edge.fs.identity import file_id
from edge.fs.names import fitted, is_ignored, printable

MASK_SUFFIX = ".alpha.png"


@dataclass(frozen=True, slots=True)
class Task:
    """root/path is the photo, name what it is called for people; folder/stem is its output less the suffix, which depends on
    the format."""

    root: Path
    path: PurePosixPath
    name: str
    folder: Path
    stem: str


@dataclass(frozen=True, slots=True)
class Found:
    """A photo. root/path is what is read; given is the path as the user wrote it; inner is its place below the folder that was
    named, and so below that of the cut-outs."""

    root: Path
    path: PurePosixPath
    given: Path
    inner: PurePosixPath


@dataclass(slots=True)
class _Names:
    """Targets given out in this run: a.jpg and a.webp must not overwrite each other, nor anything a photo.

    suffixes: of the outputs of one photo. photos: device and inode of each photo of this run.
    """

    suffixes: tuple[str, ...]
    photos: set[tuple[int, int] | None]
    taken: set[Path] = field(default_factory=set)

    def claim(self, source: Path, folder: Path, stem: str) -> str:
        """The stem, or the first free one of stem-2, stem-3 ...: in the photo's own folder no file is replaced at all."""
        at_home = file_id(source.parent) == file_id(folder)
        for number in itertools.count(1):
            name = stem if number == 1 else f"{stem}-{number}"
            ids = [file_id(folder / fitted(name, suffix)) for suffix in self.suffixes]
            there = [place for place in ids if place is not None]
            if folder / name not in self.taken and not (there if at_home else self.photos.intersection(there)):
                self.taken.add(folder / name)
                return name
        raise AssertionError("unreachable")


def tasks(found: Iterable[Found], out: Path, suffix: str, *, mask: bool) -> list[Task]:
    """A task for each photo. suffix: of its cut-out; mask: whether its alpha is written too."""
    photos = list(found)
    names = _Names((suffix, MASK_SUFFIX) if mask else (suffix,), {file_id(each.root / each.path) for each in photos})
    return [_task(each, out.joinpath(*each.inner.parts[:-1]), names) for each in photos]


def find(given: Iterable[Path], out: Path) -> tuple[list[Found], bool]:
    """The photos, in order, and whether any were left out because they lie in `out`, among the cut-outs of an earlier run.

    A photo is itself, a link to one too: whoever names it wants it. A folder is all photos below it; links in it are left for
    `open_input` to refuse, and names that hot folders ignore are left out.
    """
    cut_outs = file_id(out)
    photos: list[Found] = []
    left_out = False
    for each in given:
        if not os.path.isdir(each):  # noqa: PTH112 - unlike Path.is_dir, False where nobody may look
            real = Path(os.path.realpath(each))  # unlike Path.resolve, of a circle of links too: opening tells of that
            photos.append(Found(real.parent, PurePosixPath(real.name), each, PurePosixPath(each.name)))
            continue
        for path in _below(each, cut_outs):
            left_out = left_out or path is None
            if path is not None:
                photos.append(Found(each, path, each / path, path))
    return photos, left_out


def _below(root: Path, cut_outs: tuple[int, int] | None) -> Iterator[PurePosixPath | None]:
    """The photos below a folder; None in place of one that lies among the cut-outs, unless the folder itself does."""
    for folder, folders, names in os.walk(root):
        wanted = sorted(name for name in folders if not is_ignored(name))
        ours = [name for name in wanted if cut_outs is not None and file_id(Path(folder, name)) == cut_outs]
        folders[:] = [name for name in wanted if name not in ours]
        if any(path for name in ours for path in _below(Path(folder, name), None)):
            yield None
        for name in sorted(names):
            if not is_ignored(name):
                yield PurePosixPath(os.path.relpath(Path(folder, name), root))


def _task(found: Found, folder: Path, names: _Names) -> Task:
    stem = names.claim(found.given, folder, found.inner.stem)
    return Task(found.root, found.path, printable(str(found.given)), folder, stem)
