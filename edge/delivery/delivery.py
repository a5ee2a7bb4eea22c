"""The last step of a photo: its outputs appear, then its original leaves the inbox. Repeatable at any point.

The delivery is written to the journal first. Every step below first looks at what is there, so that the next process can
carry on after a kill between any two of them. Nothing is believed that only is not there: a temporary that is gone was
published if its output lies where it belongs, and else somebody deleted it, and the photo is cut again. The original is
renamed away before it is looked at for the last time: what somebody else puts in its place meanwhile is a new input.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from edge.fs.files import fsync_folder, make_folders, move, rename_new
from edge.fs.identity import Identity
from edge.fs.names import NAME_ERRORS, fitted, free_names, portable, split
from edge.fs.temporary import Temporary, temporary_name

# FAT keeps times to two seconds.
_COARSEST_TIME_NS = 2_000_000_000
_WAS = "was-"
_HIDDEN = re.compile(r"\.edge-matting-([0-9a-f]{8})-was-(.+)\.tmp", re.DOTALL)


class OutputLost(Exception):
    """Somebody deleted an output before it had its name: the photo has to be cut again."""


@dataclass(frozen=True, slots=True)
class Output:
    """A temporary, whole and fsynced, with its identity (None in the record of an older version), and where it belongs.
    published: whether it is known to have come there."""

    temporary: Path
    final: Path
    identity: Identity | None
    published: bool = False

    @classmethod
    def of(cls, temporary: Temporary, final: Path) -> Output:
        return cls(temporary.path, final, temporary.identity)

    def to_json(self) -> list[object]:
        return [str(self.temporary), str(self.final), None if self.identity is None else str(self.identity), self.published]

    @property
    def arrived(self) -> bool:
        """Whether what lies at its place is this output. Inodes are not compared: FAT makes them up anew at each mount."""
        found = Identity.at(self.final)
        if self.identity is None or found is None:
            return self.identity is None
        return found.size == self.identity.size and abs(found.mtime_ns - self.identity.mtime_ns) <= _COARSEST_TIME_NS


@dataclass(frozen=True, slots=True)
class Delivery:
    """path, identity: the input. original: where the input goes, or None: then it is deleted, or kept in the inbox."""

    path: PurePosixPath
    identity: Identity
    outputs: tuple[Output, ...]
    original: Path | None
    keeps_original: bool = False

    def to_json(self) -> str:
        return json.dumps(
            {
                "path": str(self.path),
                "identity": str(self.identity),
                "outputs": [each.to_json() for each in self.outputs],
                "original": None if self.original is None else str(self.original),
                "keeps_original": self.keeps_original,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Delivery:
        table = json.loads(text)
        return cls(
            path=PurePosixPath(table["path"]),
            identity=Identity.parse(table["identity"]),
            outputs=tuple(_output(*each) for each in table["outputs"]),
            original=None if table["original"] is None else Path(table["original"]),
            keeps_original=table["keeps_original"],
        )

    def published(self, number: int) -> Delivery:
        """With output `number` at its place.

        Raises:
            FileExistsError: somebody else put a file there since the name was chosen: see `renamed`.
            OutputLost: its temporary is gone, and it is not there.
            OSError: not now; among others errno in NAME_ERRORS for a name that the disk cannot hold: see `renamed`.
        """
        output = self.outputs[number]
        try:
            rename_new(output.temporary, output.final)
        except FileNotFoundError as error:
            if not output.arrived:
                raise OutputLost(f"{output.temporary} is gone") from error
            if output.final.parent.is_dir():  # renamed before, perhaps only in the memory of a disk that went away
                fsync_folder(output.final.parent)
        return self._with(number, replace(output, published=True))

    def renamed(self, number: int, error: OSError) -> Delivery:
        """With another name for output `number` than the one that gave `error`.

        Raises:
            OSError: that one, where another name would not help.
        """
        output = self.outputs[number]
        return self._with(number, replace(output, final=_another(output.final, error)))

    def settle(self, inbox: Path, owner: str) -> None:
        """The original leaves the inbox, if it is still the one that was cut.

        Raises:
            OSError: not now; call again.
        """
        source = inbox / self.path
        taken = hidden(source, owner)
        if self.keeps_original:
            return
        if Identity.at(taken) is None:
            if Identity.at(source) != self.identity:  # settled before, or replaced by its owner, or gone
                return
            rename_new(source, taken)
        if Identity.at(taken) != self.identity:  # replaced between the look and the rename
            put_back(taken, source)
        elif self.original is None:
            taken.unlink()
            fsync_folder(taken.parent)
        else:
            _bring(taken, self.original, owner)

    def _with(self, number: int, output: Output) -> Delivery:
        outputs = (*self.outputs[:number], output, *self.outputs[number + 1 :])
        return replace(self, outputs=outputs)


def hidden(source: Path, owner: str) -> Path:
    """Under what name an original waits beside `source` while it is settled: the name tells whose it is, and what it was."""
    return source.with_name(temporary_name(owner, _WAS + fitted(source.name, "", 100)))


def name_before(path: Path, owner: str | None = None) -> str | None:
    """The name that a file had before it became `hidden`; None for any other file, and for one of another owner."""
    found = _HIDDEN.fullmatch(path.name)
    return found[2] if found and owner in (None, found[1]) else None


def put_back(taken: Path, source: Path) -> None:
    """Give a file in the inbox its name again, or one beside it where somebody has taken that."""
    while True:
        try:
            rename_new(taken, source)
            return
        except FileExistsError as error:
            source = _another(source, error)


def _bring(taken: Path, original: Path, owner: str) -> None:
    while True:
        make_folders(original.parent)
        try:
            move(taken, original, owner)
            return
        except OSError as error:
            original = _another(original, error)


def _another(path: Path, error: OSError) -> Path:
    """A name in place of one that is taken, or that the disk cannot hold; any other error is raised again."""
    if isinstance(error, FileExistsError):
        stem, suffix = split(path.name)
        return free_names(stem, [(path.parent, suffix)])[0]
    if error.errno in NAME_ERRORS and portable(path.name) != path.name:
        stem, suffix = split(portable(path.name))
        return free_names(stem, [(path.parent, suffix)])[0]
    raise error


def _output(temporary: str, final: str, identity: str | None = None, published: bool = False) -> Output:
    return Output(Path(temporary), Path(final), None if identity is None else Identity.parse(identity), published)
