"""In a mount namespace of its own: a disk below argv[1] is unmounted and mounted again, and its files are told of."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from edge.intake.hotfolder import HotFolder

disk = Path(sys.argv[1])
inbox = disk / "inbox"


def mount() -> None:
    subprocess.run(["mount", "-t", "tmpfs", "disk", disk], check=True)
    inbox.mkdir()


def is_told_of_a_file() -> bool:
    (inbox / "a.jpg").write_bytes(b"photo")
    now = time.monotonic()
    watching.poll(now)
    return watching.take(now) is not None


def wait_until_told() -> None:
    end = time.monotonic() + 30
    while not is_told_of_a_file():
        if time.monotonic() > end:
            sys.exit("the watch on the disk did not tell of a file")
        time.sleep(0.02)


mount()
watching = HotFolder(inbox, 3600.0, 0.0, lambda _: False, lambda: None)
wait_until_told()
subprocess.run(["umount", disk], check=True)
mount()
wait_until_told()
