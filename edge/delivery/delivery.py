"""The last step of a photo: its outputs appear, then its original leaves the inbox. Repeatable at any point.

The delivery is written to the journal first. Every step below first looks at what is there, so that the next process
can carry on after a kill between any two of them: a temporary that is gone was published; an original that is
no longer the same file was moved, or replaced by its owner and is a new input.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from edge.fs.files import Identity, fsync_folder, make_folders, move, rename
from edge.fs.names import free_names


@dataclass(frozen=True, slots=True)
class Delivery:
    """path, identity: the input. outputs: (temporary, final) pairs, the temporaries whole and fsynced.
    original: where the input goes, or None: then it is deleted, or kept in the inbox."""

    path: PurePosixPath
    identity: Identity
    outputs: tuple[tuple[Path, Path], ...]
    original: Path | None
    keeps_original: bool = False

    def to_json(self) -> str:
        return json.dumps(
            {
                "path": str(self.path),
                "identity": str(self.identity),
                "outputs": [[str(temporary), str(final)] for temporary, final in self.outputs],
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
            outputs=tuple((Path(temporary), Path(final)) for temporary, final in table["outputs"]),
            original=None if table["original"] is None else Path(table["original"]),
            keeps_original=table["keeps_original"],
        )

    def complete(self, inbox: Path) -> None:
        """Publish the outputs, then settle the original.

        Raises:
            OSError: a folder is full, gone or read-only; call again when it is back.
        """
        for temporary, final in self.outputs:
            if Identity.at(temporary) is not None:
                rename(temporary, _still_free(final))
            elif final.parent.is_dir():  # renamed before, perhaps only in the memory of a disk that went away
                fsync_folder(final.parent)
        source = inbox / self.path
        if self.keeps_original or Identity.at(source) != self.identity:
            return
        if self.original is None:
            source.unlink()
            fsync_folder(source.parent)
        else:
            make_folders(self.original.parent)
            try:
                move(source, self.original)
            except FileExistsError:
                move(source, _still_free(self.original))


def _still_free(final: Path) -> Path:
    """`final`, or a numbered neighbour if somebody else put a file there since it was chosen."""
    if Identity.at(final) is None:
        return final
    return free_names(final.stem, [(final.parent, final.suffix)])[0]
