"""Thousands of photos through one service, with a fault every few of them; what the service holds is sampled throughout."""

from __future__ import annotations

import csv
import hashlib
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from edge.commands.bench.memory import pss_mb
from edge.fs.temporary import temporaries
from tests.edge.hot import Hot, wait_for
from tests.faults import chaos

_BACKLOG = 12
_FULL_FOR = 10.0
_SAMPLE_EVERY = 5.0
_CAME_UP_MB = 130.0


@dataclass(frozen=True, slots=True)
class Sample:
    """seconds since the start; photos that came to an end; PSS in MB; open files; temporaries; photos in the inbox."""

    seconds: float
    photos: int
    supervisor_mb: float
    worker_mb: float
    supervisor_files: int
    worker_files: int
    temporaries: int
    queue: int


@dataclass
class Soak:
    """One run. outbox: a small file system of its own, so that it can be filled up; None where that is not allowed."""

    hot: Hot
    chance: random.Random
    outbox: Path | None
    table: Path
    names: dict[str, str] = field(default_factory=dict)  # of content to the newest name that it was given
    faults: dict[str, int] = field(default_factory=dict)
    ended: int = 0
    _started: float = field(default_factory=time.monotonic)
    _sampled: float = 0.0

    def feed(self, name: str, data: bytes) -> None:
        """Drop one, once there is room; sample meanwhile."""
        while len(self.hot.files("inbox")) >= _BACKLOG:
            self.sample()
            time.sleep(0.05)
        self.hot.drop(name, data)
        self.names[hashlib.sha256(data).hexdigest()] = name

    def is_over(self) -> bool:
        """Whether no photo waits; samples meanwhile."""
        self.sample()
        return not self.hot.files("inbox")

    def sample(self) -> None:
        now = time.monotonic() - self._started
        if now - self._sampled < _SAMPLE_EVERY:
            return
        self._sampled = now
        assert self.hot.process is not None
        supervisor, worker = self.hot.process.pid, self.hot.worker()
        whole = pss_mb(supervisor)
        waiting = len(self.hot.files("inbox"))
        self.ended = len(self.names) - waiting
        of_worker = 0.0 if worker is None else pss_mb(worker)
        found = Sample(
            seconds=round(now, 1),
            photos=self.ended,
            supervisor_mb=round(whole - of_worker, 1),
            worker_mb=round(of_worker, 1),
            supervisor_files=_open_files(supervisor),
            worker_files=0 if worker is None else _open_files(worker),
            temporaries=sum(1 for _ in temporaries(self.hot.root)),
            queue=waiting,
        )
        new = not self.table.exists()
        with self.table.open("a", newline="") as file:
            writer = csv.DictWriter(file, [each.name for each in fields(Sample)])
            if new:
                writer.writeheader()
            writer.writerow(asdict(found))

    # -- faults ----------------------------------------------------------------------------------------------------

    def inflict(self) -> str:
        kinds: dict[str, Callable[[], None]] = {
            "worker killed": lambda: self._signal(signal.SIGKILL),
            "worker stopped": lambda: self._signal(signal.SIGSTOP),
            "photos renamed": self._rename,
        }
        if self.outbox is not None:
            kinds["disk full"] = self._fill
        kind = list(kinds)[sum(self.faults.values()) % len(kinds)]
        kinds[kind]()
        self.faults[kind] = self.faults.get(kind, 0) + 1
        return kind

    def _signal(self, number: int) -> None:
        wait_for(self._at_work, self.hot)
        worker = self.hot.worker()
        assert worker is not None
        os.kill(worker, number)

    def _at_work(self) -> bool:
        """Whether a worker has come up: one that is stopped before that is waited for, for two minutes."""
        worker = self.hot.worker()
        return worker is not None and pss_mb(worker) > _CAME_UP_MB

    def _rename(self) -> None:
        """All that waits gets another name, whether it is in hand or not; what the service has hidden keeps its own."""
        for source in (self.hot.inbox / name for name in self.hot.files("inbox")):
            if source.name.startswith("."):
                continue
            target = source.with_name(f"renamed-{source.name}")
            try:
                content = hashlib.sha256(source.read_bytes()).hexdigest()
                source.rename(target)
            except FileNotFoundError:  # it came to its end just now
                continue
            self.names[content] = str(target.relative_to(self.hot.inbox))

    def _fill(self) -> None:
        assert self.outbox is not None
        ballast = self.outbox / "ballast"
        subprocess.run(["dd", "if=/dev/zero", f"of={ballast}", "bs=64K"], capture_output=True, check=False)
        end = time.monotonic() + _FULL_FOR
        while time.monotonic() < end:
            self.sample()
            time.sleep(0.2)
        ballast.unlink()


def run(root: Path, table: Path, photos: int, faults: int, seed: int) -> chaos.Outcome:
    """`photos` files, one in six of them bad, and `faults` faults at even distances; samples go to `table` as CSV."""
    with _small_disk(root / "disk") as disk:
        folders = {} if disk is None else {"outbox": disk / "out"}
        hot = Hot(root / "hot", "[service]\nphoto_timeout_seconds = 10\n", **folders)
        chance = random.Random(seed)
        soak = Soak(hot, chance, disk, table)
        hot.start()
        try:
            for number, (name, data) in enumerate(chaos.inputs(photos, chance, sizes=[160, 240])):
                soak.feed(name, data)
                soak.sample()
                if number % max(1, photos // (faults + 1)) == photos // (faults + 1) - 1:
                    print(f"{number + 1} of {photos}: {soak.inflict()}", flush=True)
            wait_for(soak.is_over, hot, seconds=600)
            hot.stop()
        finally:
            if hot.process is not None:
                hot.process.kill()
                hot.process.wait()
        return chaos.outcome(hot, {name: content for content, name in soak.names.items()}, soak.faults)


@contextmanager
def _small_disk(folder: Path) -> Iterator[Path | None]:
    """A file system of 1 GB for the outputs; None for who may not mount one: then no disk gets full."""
    folder.mkdir(parents=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1g", "tmpfs", folder], capture_output=True, check=False).returncode:
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=False)


def _open_files(pid: int) -> int:
    try:
        return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    except FileNotFoundError:
        return 0
