"""A fault at every system call of a delivery and of a refusal: a kill, or an error of the disk. Needs strace.

`python -m tests.faults.syscalls [--faults KILL,EIO,...] [--every N]` runs all of them and says what it has tried; exit code 1
where a photo was lost, doubled or torn, or anything was left over. About a quarter of an hour for some 2,500 points.

Each point is a process of its own, forked from one that has everything loaded. It stops, strace takes hold of it with the
fault set to the n-th system call that concerns a file, and it goes on. After a kill the next process recovers, as the service
does at its start; after an error the same process goes on, as the service does.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tqdm import tqdm

from edge.delivery.delivery import OutputLost
from edge.delivery.journal import Journal
from edge.delivery.outbox import Outbox
from edge.fs.identity import Identity
from edge.fs.sighting import Sighting
from edge.fs.temporary import temporaries
from matting.errors import UnreadablePhoto
from tests.faults.dying import BYTES, PHOTO, folders, memory_files

FAULTS = ("KILL", "EIO", "ENOSPC", "EROFS", "EDQUOT")
ORIGINALS = ("move", "keep", "delete", "refuse")
# What touches files; and not the memory and the threads of the interpreter.
_CALLS = "%file,%desc"
_MOST = 5000


@dataclass(frozen=True, slots=True)
class Point:
    """original: as in the configuration, or "refuse". across: done and failed lie on another disk than the inbox."""

    original: str
    across: bool
    fault: str
    number: int

    def __str__(self) -> str:
        return f"{self.original}{' across disks' if self.across else ''}, {self.fault} at call {self.number}"


def run(point: Point, scratch: Path, elsewhere: Path) -> str | None:
    """What came out wrong, "" for nothing; None where the delivery has not so many system calls."""
    root, other = scratch / "here", elsewhere / "there" if point.across else None
    try:
        _prepare(root, other)
        reached = _with_fault(point, root, other)
        _go_on(root, point.original, other)
        return None if not reached else _wrong(root, other, point.original)
    finally:
        for path in (root, other):
            if path is not None:
                shutil.rmtree(path, ignore_errors=True)


def points(faults: tuple[str, ...], every: int, scratch: Path, elsewhere: Path) -> Iterator[tuple[Point, str]]:
    """Each point that was tried, and what came out wrong."""
    for original in ORIGINALS:
        for across in (False, True) if original in ("move", "refuse") else (False,):
            for fault in faults:
                for number in range(1, _MOST, every):
                    wrong = run(point := Point(original, across, fault, number), scratch, elsewhere)
                    if wrong is None:
                        break
                    yield point, wrong


def _prepare(root: Path, other: Path | None) -> None:
    for name in ("outbox", "done", "failed", "no_person", "state"):
        (root / name).mkdir(parents=True)
    (root / "inbox" / PHOTO).parent.mkdir(parents=True)
    (root / "inbox" / PHOTO).write_bytes(BYTES)
    if other is not None:
        for name in ("done", "failed"):
            (other / name).mkdir(parents=True)


def _outbox(root: Path, original: str, other: Path | None) -> Outbox:
    found = folders(root, "move" if original == "refuse" else original)
    if other is not None:
        found = replace(found, done=other / "done", failed=other / "failed")
    return Outbox(found, Journal(root / "state"))


def _deliver(outbox: Outbox, root: Path, original: str) -> None:
    """As the service does: what the journal knows is completed, what it does not know is done again."""
    identity = Identity.at(root / "inbox" / PHOTO)
    if PHOTO in outbox.pending():
        outbox.complete(PHOTO)
    elif identity is not None and not (original == "keep" and (root / "outbox" / "sub").exists() and _kept(outbox, identity)):
        sighting = Sighting(PHOTO, identity)
        if original == "refuse":
            outbox.refuse(sighting, UnreadablePhoto("cut short"), 1)
            return
        with memory_files(b"output", b"matte") as files:
            outbox.deliver(sighting, list(zip(files, [".png", ".alpha.png"], strict=True)))


def _kept(outbox: Outbox, identity: Identity) -> bool:
    return outbox._journal.is_kept(PHOTO, identity)


def _try(outbox: Outbox, root: Path, original: str) -> None:
    for _ in range(4):
        with contextlib.suppress(OSError, sqlite3.Error, OutputLost):
            _deliver(outbox, root, original)


def _with_fault(point: Point, root: Path, other: Path | None) -> bool:
    """Run the delivery with the fault; whether it came to that call at all."""
    outbox = _outbox(root, point.original, other)
    child = os.fork()
    if child == 0:
        os.kill(os.getpid(), signal.SIGSTOP)
        _try(outbox, root, point.original)
        os._exit(0)
    os.waitpid(child, os.WUNTRACED)
    injected = "signal=KILL" if point.fault == "KILL" else f"error={point.fault}"
    with tempfile.NamedTemporaryFile("r") as log:
        fault = f"inject={_CALLS}:{injected}:when={point.number}"
        command = ["strace", "-q", "-o", log.name, "-e", f"trace={_CALLS}", "-e", fault, "-p", str(child)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
            _wait_for_tracer(child)
            os.kill(child, signal.SIGCONT)
            _, status = os.waitpid(child, 0)
            strace.wait(30)
        killed = os.WIFSIGNALED(status)
        reached = killed or "(INJECTED)" in log.read()
    outbox._journal.close()
    return reached


def _wait_for_tracer(pid: int) -> None:
    status = Path(f"/proc/{pid}/status")
    end = time.monotonic() + 20
    while re.search(r"^TracerPid:\t0$", status.read_text(), re.MULTILINE):
        if time.monotonic() > end:
            raise SystemExit("strace cannot trace here: it needs ptrace")
        time.sleep(0.002)
    time.sleep(0.01)  # it sets its options after it has taken hold


def _go_on(root: Path, original: str, other: Path | None) -> None:
    """The next start."""
    outbox = _outbox(root, original, other)
    held = outbox.recover()
    assert held == set(), held
    _deliver(outbox, root, original)
    assert outbox.pending() == set()
    outbox._journal.close()


def _wrong(root: Path, other: Path | None, original: str) -> str:
    ends = other or root
    found = {
        name: sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
        for name, folder in {
            "inbox": root / "inbox",
            "outbox": root / "outbox",
            "done": ends / "done",
            "failed": ends / "failed",
        }.items()
    }
    photo, outputs = str(PHOTO), ["sub/a.alpha.png", "sub/a.png"]
    expected = {
        "move": {"inbox": [], "outbox": outputs, "done": [photo], "failed": []},
        "keep": {"inbox": [photo], "outbox": outputs, "done": [], "failed": []},
        "delete": {"inbox": [], "outbox": outputs, "done": [], "failed": []},
        "refuse": {"inbox": [], "outbox": [], "done": [], "failed": [photo, f"{photo}.json"]},
    }[original]
    left = [*temporaries(root), *(temporaries(other) if other else [])]
    if found != expected or left:
        return f"found {found}, left {left}"
    contents = {"a.png": b"output", "a.alpha.png": b"matte", "a.jpg": BYTES}
    for folder in (root, ends):
        for path in folder.rglob("a.*"):
            if path.is_file() and path.name in contents and path.read_bytes() != contents[path.name]:
                return f"{path} is torn"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--faults", default=",".join(FAULTS), help=f"which of {','.join(FAULTS)}")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every n-th system call (1)")
    parser.add_argument("--elsewhere", type=Path, default=Path("/dev/shm"), metavar="DIR", help="a folder on another disk")
    arguments = parser.parse_args()
    tried: dict[str, int] = {}
    wrong = 0
    with tempfile.TemporaryDirectory() as scratch, tempfile.TemporaryDirectory(dir=arguments.elsewhere) as elsewhere:
        found = points(tuple(arguments.faults.split(",")), arguments.every, Path(scratch), Path(elsewhere))
        for point, said in tqdm(found, unit="points", disable=not sys.stderr.isatty()):
            kind = f"{point.original}{' across disks' if point.across else ''}, {point.fault}"
            tried[kind] = tried.get(kind, 0) + 1
            if said:
                wrong += 1
                print(f"WRONG {point}: {said}", flush=True)
    for kind, count in tried.items():
        print(f"{count:5d}  {kind}")
    print(f"{sum(tried.values())} points, {wrong} of them wrong")
    return 1 if wrong or not tried else 0


if __name__ == "__main__":
    sys.exit(main())
