"""Names of files in the folders, and a kill -> deliveries and recovery: every file ends in one place, whole.

The input is a list of paths, a zero byte between them. The first two bytes say what becomes of originals, and before
which step that changes the file system the process is killed; the byte before each path says whose it is.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import Any
from unittest import mock

from edge.delivery.journal import Journal
from edge.delivery.outbox import Outbox
from edge.fs import files
from edge.fs.identity import Identity
from edge.fs.names import is_ignored, portable, printable
from edge.fs.sighting import Sighting
from edge.fs.temporary import temporaries
from matting.errors import NoPersonFound, UnreadablePhoto
from tests.faults.dying import folders, memory_files

LONGEST = 700
WORDS = [b"\0", b"/", b".png", b".jpg.json", b"-2", b"\n", b"\x1b[31m", b"\xff", "ü".encode(), b"~", b"x" * 240, b"y" * 255]
ORIGINALS = ("move", "keep", "delete")
OUTPUT = b"cut-out"


class Killed(BaseException):
    """The process ends here."""


def seeds() -> dict[str, bytes]:
    return {
        "plain": b"\0\0\0a.jpg\0\0sub/a.jpg\0\1b.jpg\0\2c.jpg",
        "taken": b"\0\7\x03a.png\0\4a.jpg\0\0a.jpg\0\5b.jpg.json\0\1b.jpg",
        "odd": b'\1\3\0a\nb\x1b[31m\xff.jpg\0\0-rf\0\1 \0\0a:b"c',
        "long": b"\2\5\0" + b"x" * 255 + b"\0\0" + "ü".encode() * 125 + b"a.jpg",
        "folders": b"\0\0\0a.jpg\0\0a.png/b.jpg\0\1x/y/z/w",
    }


def one(data: bytes) -> None:
    root = Path(tempfile.gettempdir(), "fuzzed-spool")
    shutil.rmtree(root, ignore_errors=True)
    original, step = ORIGINALS[data[0] % 3] if data else "move", data[1] % 24 if len(data) > 1 else 0
    spool = _Spool(root, original)
    for piece in data[2:].split(b"\0"):
        spool.put(piece[:1], PurePosixPath(os.fsdecode(piece[1:])))
    with _killed_before(step):
        spool.serve()
    spool.serve()
    spool.check()


class _Spool:
    def __init__(self, root: Path, original: str) -> None:
        self._folders = folders(root, original)
        self._original = original
        self._root = root
        for name in ("inbox", "outbox", "done", "failed", "no_person", "state"):
            (root / name).mkdir(parents=True)
        self._photos: dict[PurePosixPath, bytes] = {}
        self._strangers: dict[Path, bytes] = {}

    def put(self, whose: bytes, path: PurePosixPath) -> None:
        """A file that any guest, or any program, may have put there; what the file system refuses is no input."""
        content = b"%d: " % (len(self._photos) + len(self._strangers)) + os.fsencode(str(path))
        kind = whose[0] % 7 if whose else 0
        root = self._root / ("inbox", "inbox", "inbox", "outbox", "done", "failed", "no_person")[kind]
        parts = [part for part in path.parts if part != ".." and not part.startswith("/")]
        if not parts or any(is_ignored(part) for part in parts):
            return
        place = root.joinpath(*parts)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("xb") as file:
                file.write(content)
        except OSError:
            return
        if kind < 3:
            self._photos[PurePosixPath(*parts)] = bytes([kind]) + content
        else:
            self._strangers[place] = content

    def serve(self) -> None:
        """One life of the service: recovery, and a verdict on each photo that waits."""
        journal = Journal(self._folders.state)
        try:
            outbox = Outbox(self._folders, journal)
            assert outbox.recover() == set()
            for path, (kind, *_) in self._photos.items():
                identity = Identity.at(self._folders.inbox / path)
                if identity is None or (self._original == "keep" and journal.is_kept(path, identity)):
                    continue
                _conclude(outbox, Sighting(path, identity), kind)
        except Killed:
            pass
        finally:
            journal.close()

    def check(self) -> None:
        for place, content in self._strangers.items():
            assert place.read_bytes() == content, f"{place} was overwritten"
        assert not list(temporaries(self._root))
        places = [self._folders.inbox, self._folders.done, self._folders.failed, self._folders.no_person]
        found = Counter(_content(path) for folder in places for path in folder.rglob("*"))
        for path, content in self._photos.items():
            gone = self._original == "delete" and content[0] == 0
            assert found[content[1:]] == (not gone), printable(path)
        delivered = sum(kind == 0 for kind, *_ in self._photos.values())
        assert Counter(map(_content, self._folders.outbox.rglob("*")))[OUTPUT] == 2 * delivered
        for path in self._photos:
            assert printable(path).isprintable() and "/" not in portable(path.name)


def _conclude(outbox: Outbox, sighting: Sighting, kind: int) -> None:
    if kind:
        outbox.refuse(sighting, UnreadablePhoto("cut short") if kind == 1 else NoPersonFound("nobody"), 1)
        return
    with memory_files(OUTPUT, OUTPUT) as files:
        outbox.deliver(sighting, list(zip(files, [".png", ".alpha.png"], strict=True)))


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


@contextmanager
def _killed_before(step: int) -> Iterator[None]:
    """The n-th call that changes the file system does not happen, nor anything after it; 0: all happen."""
    left = step if step else -1

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                raise Killed
            return real(*args, **kwargs)

        return call

    calls: list[tuple[object, str]] = [(Path, name) for name in ("rename", "unlink", "mkdir")]
    calls += [(os, name) for name in ("fsync", "link")]
    calls += [(files, "_renamed")]
    calls += [(Journal, name) for name in ("begin_delivery", "end_delivery")]
    with ExitStack() as stack:
        for owner, name in calls:
            stack.enter_context(mock.patch.object(owner, name, counted(getattr(owner, name))))
        yield
