"""Deliver one photo and die at the n-th step that changes the file system: tests.faults.dying ROOT ORIGINAL STEP"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from edge.config.load import HotFolders
from edge.delivery.journal import Journal
from edge.delivery.outbox import Outbox
from edge.fs.files import Identity, write_all
from edge.fs.sighting import Sighting
from matting.errors import UnreadablePhoto

PHOTO = PurePosixPath("sub/a.jpg")
BYTES = b"photo" * 1000
DIED = 66


def folders(root: Path, original: str, done: Path | None = None) -> HotFolders:
    names = ("inbox", "outbox", "done", "failed", "no_person", "backgrounds", "state")
    paths = {name: root / name for name in names}
    paths["done"] = done or paths["done"]
    return HotFolders(**paths, original=original)  # type: ignore[arg-type]


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
    for name in ("fsync", "write", "utime", "link"):
        setattr(os, name, counted(getattr(os, name)))
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
    outputs = [outbox.temporary(PHOTO), outbox.temporary(PHOTO)]
    for output in outputs:
        write_all(output.descriptor, b"output")
    outbox.deliver(Sighting(PHOTO, status), list(zip(outputs, [".png", ".alpha.png"], strict=True)))


if __name__ == "__main__":
    main()
