"""The real service, warm: file in to file out, photos a second, and the memory of all its processes together."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from edge.commands.bench.child import product_environment
from edge.commands.bench.memory import PeakSampler
from edge.commands.bench.photos import numbered
from edge.commands.bench.stages import Product, Spread, Tick, spread
from edge.config.load import load_config
from matting.errors import EngineError

POLL_SECONDS = 0.005
PATIENCE_SECONDS = 180.0
_SAMPLED = 0.05  # seconds
STOP_SECONDS = 30
RUN = (sys.executable, "-m", "edge.cli", "run")


@dataclass(frozen=True, slots=True)
class ServiceResult:
    """One size's figures from the running service, after one unmeasured photo.

    latency: from the file's rename into the inbox until its verdict lies in its folder, one photo at a time. A folder
    without file events adds settle_seconds. photos_per_second: one more than `photos` dropped at once, between the first
    and the last verdict. peak_alone_mb, peak_mb: largest sum of PSS over the process tree, sampled every 0.05 s, one photo
    at a time and at once. cut, no_person, failed: what became of all the photos.
    """

    size: str
    photos: int
    latency: Spread
    photos_per_second: float
    peak_alone_mb: float
    peak_mb: float
    settle_seconds: float
    cut: int
    no_person: int
    failed: int


class Service:
    """Context manager around `edge-matting run`, or what stands for it, on a hot folder in `folder`; stopped by SIGTERM."""

    def __init__(self, folder: Path, engine: str, model: Path, program: Sequence[str] = RUN) -> None:
        config = folder / "edge-matting.toml"
        config.write_text(f'[engine]\nkind = "{engine}"\nmodel = "{model.resolve()}"\n[service]\nlog_level = "warning"\n')
        self.folders = load_config(config).folders
        self.folders.inbox.mkdir(parents=True, exist_ok=True)
        self._staging = folder / "staging"
        self._staging.mkdir()
        self._log = folder / "service.log"
        self._command = [*program, "--config", str(config)]

    def __enter__(self) -> Service:
        with self._log.open("w") as log:
            self._process = subprocess.Popen(self._command, stderr=log, stdout=log, env=product_environment())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def pid(self) -> int:
        return self._process.pid

    def drop(self, name: str, data: bytes) -> None:
        """Put a photo into the inbox by rename, whole from the first moment."""
        whole = self._staging / name
        whole.write_bytes(data)
        whole.rename(self.folders.inbox / name)

    def verdicts(self) -> tuple[int, int, int]:
        """How many photos were cut, held nobody, failed."""
        folders = self.folders
        return _count(folders.outbox, ".png"), _count(folders.no_person, ".json"), _count(folders.failed, ".json")

    def wait_for(self, verdicts: int, patience: float = PATIENCE_SECONDS) -> None:
        """Wait until so many photos have their verdict.

        Raises:
            EngineError: the service ended, or no further photo was finished for `patience` seconds.
        """
        seen, since = -1, time.monotonic()
        while (now := sum(self.verdicts())) < verdicts:
            if now > seen:
                seen, since = now, time.monotonic()
            if self._process.poll() is not None or time.monotonic() - since > patience:
                raise EngineError(f"the service stopped working after {now} of {verdicts} photos: {self._last_words()}")
            time.sleep(POLL_SECONDS)

    def _last_words(self) -> str:
        lines = self._log.read_text().strip().splitlines()
        return lines[-1] if lines else "it said nothing"


def measure(product: Product, folder: Path, photo: bytes, label: str, photos: int, tick: Tick) -> ServiceResult:
    """Start the service in `folder` and send it numbered copies of `photo`: one, `photos` one by one, `photos` at once.

    Raises:
        EngineError: the service ended or stood still.
    """
    with Service(folder, product.engine, product.model) as service:
        service.drop("warm.jpg", numbered(photo, 0))
        service.wait_for(1)
        tick()
        times = []
        with PeakSampler(service.pid, _SAMPLED) as alone:
            for number in range(1, photos + 1):
                times.append(_latency(service, numbered(photo, number), number))
                tick()
        with PeakSampler(service.pid, _SAMPLED) as at_once:
            rate = _rate(service, photo, photos)
        tick()
        cut, no_person, failed = service.verdicts()
    return ServiceResult(
        size=label,
        photos=photos,
        latency=spread(times),
        photos_per_second=rate,
        peak_alone_mb=alone.peak_mb,
        peak_mb=at_once.peak_mb,
        settle_seconds=service.folders.settle_seconds,
        cut=cut,
        no_person=no_person,
        failed=failed,
    )


def _latency(service: Service, photo: bytes, number: int) -> float:
    start = time.perf_counter()
    service.drop(f"single-{number}.jpg", photo)
    service.wait_for(1 + number)
    return (time.perf_counter() - start) * 1e3


def _rate(service: Service, photo: bytes, photos: int) -> float:
    before = sum(service.verdicts())
    for number in range(photos + 1):
        service.drop(f"many-{number}.jpg", numbered(photo, before + number))
    service.wait_for(before + 1)
    start = time.perf_counter()
    service.wait_for(before + photos + 1)
    return photos / (time.perf_counter() - start)


def _count(folder: Path, suffix: str) -> int:
    """Finished files of a folder; temporaries have hidden names."""
    if not folder.is_dir():
        return 0
    with os.scandir(folder) as entries:
        return sum(entry.name.endswith(suffix) and not entry.name.startswith(".") for entry in entries)
