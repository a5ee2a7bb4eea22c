"""Deliver one photo and die at the n-th step that changes the file system: tests.faults.dying ROOT ORIGINAL STEP"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from edge.config.types import HotFolders
from edge.delivery.journal import Journal
from edge.delivery.outbox import Outbox
from edge.fs import files
from edge.fs.identity import Identity
from edge.fs.sighting import Sighting
from edge.fs.temporary import write_all
from edge.ipc.memory_file import create_memory_file, seal
from matting.errors import UnreadablePhoto

PHOTO = PurePosixPath("sub/a.jpg")
BYTES = b"photo" * 1000
DIED = 66


def folders(root: Path, original: str, done: Path | None = None) -> HotFolders:
    names = ("inbox", "outbox", "done", "failed", "no_person", "backgrounds", "state")
    paths = {name: root / name for name in names}
    paths["done"] = done or paths["done"]
    return HotFolders(**paths, original=original)  # type: ignore[arg-type]


@contextmanager
def memory_files(*contents: bytes) -> Iterator[list[int]]:
    """Files in memory, as the supervisor has them of the worker."""
    files = [create_memory_file("output") for _ in contents]
    try:
        for file, content in zip(files, contents, strict=True):
            write_all(file, content)
            seal(file)
        yield files
    finally:
        for file in files:
            os.close(file)


def arm(step: int) -> None:
    """Count every call that changes the file system; die just before the n-th."""
    count = 0

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            count += 1
            if count == step:
                os._exit(DIED)
            return real(*args, **kwargs)

        return call

    for name in ("rename", "unlink", "mkdir"):
        setattr(Path, name, counted(getattr(Path, name)))
    for name in ("fsync", "write", "sendfile", "utime", "link"):
        setattr(os, name, counted(getattr(os, name)))
    files._renamed = counted(files._renamed)
    for name in ("begin_delivery", "end_delivery"):
        setattr(Journal, name, counted(getattr(Journal, name)))


def main() -> None:
    root, original, step = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    done = Path(sys.argv[4]) if len(sys.argv) > 4 else None
    outbox = Outbox(folders(root, original, done), Journal(root / "state"))
    status = Identity.at(root / "inbox" / PHOTO)
    assert status is not None
    arm(step)
    if original == "refuse":
        outbox.refuse(Sighting(PHOTO, status), UnreadablePhoto("cut short"), 1)
        return
    with memory_files(b"output", b"output") as files:
        outputs = list(zip(files, [".png", ".alpha.png"], strict=True))
        outbox.deliver(Sighting(PHOTO, status), outputs, lambda output: output.name.encode())


if __name__ == "__main__":
    main()
