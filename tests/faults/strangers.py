"""Somebody else works in all folders of a running service: puts in, replaces, renames, takes away, at random.

`python -m tests.faults.strangers [--minutes 10] [--seed 1]` does so and then looks whether every byte string that was ever put
in is in exactly one place, and whether every photo in done has its cut-out; exit code 1 where not.

A stranger never destroys anything here: what it takes away goes to a folder of its own, and a file is replaced by exchanging
two names in one step (renameat2), so that it is known what was there. Every photo has a size of its own, which its cut-out
shows.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import hashlib
import io
import itertools
import os
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from PIL import Image

from tests.edge.hot import Hot, portrait, wait_for

_LIBC = ctypes.CDLL(None, use_errno=True)
_AT_FDCWD, _NOREPLACE, _EXCHANGE = -100, 1, 2


def _rename(source: Path, target: Path, flags: int) -> None:
    if _LIBC.renameat2(_AT_FDCWD, os.fsencode(source), _AT_FDCWD, os.fsencode(target), flags):
        raise OSError(ctypes.get_errno(), "renameat2", str(source))


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Stranger:
    """size_of: width and height of each photo that was put in, by its digest."""

    def __init__(self, hot: Hot, seed: int) -> None:
        self.hot = hot
        self.size_of: dict[str, tuple[int, int]] = {}
        self.taken = hot.root / "taken"
        self.taken.mkdir()
        self.deeds: Counter[str] = Counter()
        self._random = random.Random(seed)
        self._numbers = itertools.count()

    def act(self) -> None:
        deeds = {
            self.put_in: 4,
            self.replace: 3,
            self.rename_in_inbox: 3,
            self.take_from_inbox: 1,
            self.take_output: 2,
            self.rename_in_done: 1,
            self.delete_temporary: 1,
        }
        deed = self._random.choices(list(deeds), list(deeds.values()))[0]
        with contextlib.suppress(OSError):  # the service was faster
            deed()
            self.deeds[deed.__name__] += 1

    def put_in(self) -> None:
        target = self.hot.inbox / f"{self._random.randrange(12)}.jpg"
        if not target.exists():
            _rename(self._photo(), target, _NOREPLACE)

    def replace(self) -> None:
        """Often just when a cut-out has appeared, which is when its original leaves."""
        for _ in range(200):
            for output in self.hot.outbox.glob("*.png"):
                target = self.hot.inbox / f"{output.stem.partition('-')[0]}.jpg"
                if target.exists():
                    self._exchange(target)
                    return
        self._exchange(self._any(self.hot.inbox))

    def _exchange(self, target: Path) -> None:
        photo = self._photo()
        try:
            _rename(photo, target, _EXCHANGE)
        finally:
            self._take(photo)  # what was there, or the new one where nothing was

    def rename_in_inbox(self) -> None:
        _rename(self._any(self.hot.inbox), self.hot.inbox / f"{self._random.randrange(12)}.jpg", _NOREPLACE)

    def take_from_inbox(self) -> None:
        self._take(self._any(self.hot.inbox))

    def take_output(self) -> None:
        self._take(self._any(self.hot.outbox))

    def rename_in_done(self) -> None:
        done = self.hot.folders["done"]
        _rename(self._any(done), done / f"renamed-{next(self._numbers)}.jpg", _NOREPLACE)

    def delete_temporary(self) -> None:
        for path in self.hot.outbox.glob(".edge-matting-*.tmp"):
            path.unlink()

    def _photo(self) -> Path:
        """A new one, beside the folders, of a size that no other has."""
        number = next(self._numbers)
        width, height = 160 + number % 200, 160 + number // 200
        with Image.open(io.BytesIO(portrait(320))) as image:
            buffer = io.BytesIO()
            image.resize((width, height)).save(buffer, "JPEG")
        path = self.hot.root / f"new-{number}.jpg"
        path.write_bytes(buffer.getvalue())
        self.size_of[digest(buffer.getvalue())] = width, height
        return path

    def _take(self, path: Path) -> None:
        _rename(path, self.taken / f"{next(self._numbers)}{path.suffix}", _NOREPLACE)

    def _any(self, folder: Path) -> Path:
        names = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
        if not names:
            raise FileNotFoundError(str(folder))
        return self._random.choice(names)


def wrong(stranger: Stranger) -> list[str]:
    """What is lost, doubled, left over, or done without a cut-out."""
    hot = stranger.hot
    folders = [hot.inbox, hot.folders["done"], hot.folders["failed"], hot.folders["no_person"], stranger.taken]
    found = Counter(digest(path.read_bytes()) for folder in folders for path in folder.rglob("*.jpg"))
    said = [
        f"{'lost' if not found[each] else 'doubled'}: {size}" for each, size in stranger.size_of.items() if found[each] != 1
    ]
    cut_outs = Counter(_size(path) for folder in (hot.outbox, stranger.taken) for path in folder.rglob("*.png"))
    done = [stranger.size_of[digest(path.read_bytes())] for path in hot.folders["done"].rglob("*.jpg")]
    said += [f"done without a cut-out: {size}" for size in done if not cut_outs[size]]
    said += [f"left over: {path}" for path in hot.root.rglob(".edge-matting-*.tmp")]
    return said


def _size(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        image.load()
        return image.size


def meet(root: Path, seconds: float, seed: int) -> tuple[Stranger, list[str]]:
    """Let a stranger work beside a service for so long; what came out wrong."""
    hot = Hot(root)
    stranger = Stranger(hot, seed)
    hot.start()
    try:
        wait_for(lambda: "ready" in hot.said(), hot)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            stranger.act()
            time.sleep(0.005)
        wait_for(lambda: not hot.files("inbox"), hot, seconds=120)
        assert hot.stop() == 0
    finally:
        if hot.process is not None:
            hot.process.kill()
            hot.process.wait()
    return stranger, wrong(stranger)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0, metavar="N", help="for how long (10)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of what is done (1)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        stranger, said = meet(Path(root), 60 * arguments.minutes, arguments.seed)
    print(", ".join(f"{count} x {deed}" for deed, count in stranger.deeds.most_common()))
    print(f"{len(stranger.size_of)} photos, {len(said)} wrong", *said, sep="\n")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
