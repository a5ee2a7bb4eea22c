"""Measured: a batch of 4 against four runs of 1, for the network alone and for a backlog of photos."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median

import numpy as np

from matting.cuda.batch import DeviceNetwork, Task
from matting.cuda.gpu_thread import GpuThread
from matting.photo import Controls
from scripts.prove.gpu.setup import Bench, Section, photo

BATCHES = (1, 4)


@dataclass(slots=True)
class Only:
    """A network that is let run some of its batches only."""

    network: DeviceNetwork
    batches: tuple[int, ...]

    def enqueue(self, batch: int, input_pointer: int, output_pointer: int, stream: int) -> None:
        self.network.enqueue(batch, input_pointer, output_pointer, stream)

    def close(self) -> None:
        self.network.close()


def measure(bench: Bench, runs: int) -> Section:
    """Milliseconds a photo, and photos a second."""
    height, width = next(iter(bench.sizes.timed.values()))
    alone, four = (_network_alone(bench, batch, runs) for batch in BATCHES)
    one_by_one, packed = (_backlog(bench, batches, 8 * runs, (height, width)) for batches in ((1,), BATCHES))
    return Section(
        "A batch of 4 against 1",
        [
            f"Network: {bench.network_name}. Backlog: {8 * runs} photos of {width}x{height} through the GPU thread, "
            "without decode and encode.",
            "",
            "| | in runs of 1 | in runs of 4 | 4 takes of 1 |",
            "|---|---|---|---|",
            f"| network alone, ms a photo | {alone:.2f} | {four:.2f} | {four / alone:.2f} |",
            f"| backlog, photos a second | {one_by_one:.1f} | {packed:.1f} | {one_by_one / packed:.2f} |",
        ],
    )


def _network_alone(bench: Bench, batch: int, runs: int) -> float:
    device = bench.open_device()
    network = bench.open_network(device)
    size = bench.model.input.height * bench.model.input.width
    try:
        given, out = device.allocate(batch * 12 * size), device.allocate(batch * 4 * size)
        device.clear(given)
        times = []
        for _ in range(runs + 1):
            device.synchronize()
            start = time.perf_counter()
            network.enqueue(batch, given.pointer, out.pointer, device.stream)
            device.synchronize()
            times.append((time.perf_counter() - start) * 1000 / batch)
    finally:
        network.close()
        device.close()
    return median(times[1:])


def _backlog(bench: Bench, batches: tuple[int, ...], count: int, size: tuple[int, int]) -> float:
    gpu_thread = GpuThread(bench.model, bench.open_device, lambda device: Only(bench.open_network(device), batches))
    one = photo(*size)
    controls = Controls(10, 1, 1.0)
    try:
        for part in (4, count):  # the first makes the buffers
            start = time.perf_counter()
            tasks = [Task(one, controls, None, None, None, lambda stage: None) for _ in range(part)]
            answers = [gpu_thread.submit(task) for task in tasks]
            coverages = [answer.result().coverage for answer in answers]
            spent = time.perf_counter() - start
    finally:
        gpu_thread.close()
    assert np.ptp(coverages) == 0  # the same photo in every slot
    return count / spent
