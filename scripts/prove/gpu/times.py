"""Measured: where the time of a photo goes, stage by stage and kernel by kernel, and the memory it takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

from matting.composite import composite
from matting.controls import apply
from matting.cuda.costs import launches
from matting.cuda.device import Argument, Device
from matting.cuda.steps import Steps
from matting.foreground import foreground
from matting.network_input import network_input, undo
from matting.photo import Box, Controls, Photo
from matting.refine import refine
from scripts.prove.gpu.setup import Bench, Section, photo

CONTROLS = Controls(10, 1, 1.0)
STAGES = ("prepare", "infer", "refine", "controls", "foreground and composite")


class Timed:
    """A `Device` that waits after each call, and keeps how long it took."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self.ms: dict[str, float] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._device, name)

    def launch(self, kernel: str, columns: int, rows: int, *arguments: Argument) -> None:
        self._timed(kernel, lambda: self._device.launch(kernel, columns, rows, *arguments))

    def upload(self, *arguments: Any) -> None:
        self._timed("upload", lambda: self._device.upload(*arguments))

    def download(self, *arguments: Any) -> None:
        self._timed("download", lambda: self._device.download(*arguments))

    def clear(self, *arguments: Any) -> None:
        self._timed("clear", lambda: self._device.clear(*arguments))

    def _timed(self, name: str, call: Callable[[], None]) -> None:
        self._device.synchronize()
        start = time.perf_counter()
        call()
        self._device.synchronize()
        self.ms[name] = self.ms.get(name, 0.0) + (time.perf_counter() - start) * 1000


def measure(bench: Bench, runs: int) -> list[Section]:
    """Medians of `runs` photos after one that is not counted."""
    stages = Section("Time and memory of one photo, alone")
    stages.lines += [
        f"Milliseconds, median of {runs}; in brackets the same stage on this machine's CPU. Network: {bench.network_name}. "
        "Without decode and encode, which the CPU does for both. Device memory: buffers of the GPU thread for this size.",
        "",
        "| Photo | " + " | ".join(STAGES) + " | Sum | Device memory | Page-locked |",
        "|---" * (len(STAGES) + 4) + "|",
    ]
    kernels = Section("Time of each kernel")
    for label, (height, width) in bench.sizes.timed.items():
        one = photo(height, width)
        gpu, device_mb, pinned_mb, by_kernel = _on_device(bench, one, runs)
        cpu = _on_cpu(bench, one, runs)
        cells = [f"{gpu[stage]:.1f} ({cpu[stage]:.1f})" for stage in STAGES]
        total = f"{sum(gpu.values()):.1f} ({sum(cpu.values()):.1f})"
        stages.lines.append(f"| {label} | " + " | ".join(cells) + f" | {total} | {device_mb:.0f} MB | {pinned_mb:.0f} MB |")
        kernels.lines += ["", f"{label}; all launches of a photo together, waiting after each:", ""]
        kernels.lines += _per_kernel(bench, one, by_kernel)
    return [stages, kernels]


def _on_device(bench: Bench, one: Photo, runs: int) -> tuple[dict[str, float], float, float, dict[str, float]]:
    device = bench.open_device()
    network = bench.open_network(device)
    try:
        times: list[dict[str, float]] = []
        steps = Steps(device, bench.model.input)
        for _ in range(runs + 1):
            times.append(_one_photo(bench, device, steps, network, one))
        device_bytes, pinned_bytes = steps.memory.bytes
        timed = Timed(device)
        slow = Steps(timed, bench.model.input)
        kernels: list[dict[str, float]] = []
        for _ in range(runs + 1):
            timed.ms = {}
            _one_photo(bench, timed, slow, network, one)
            kernels.append(timed.ms)
        steps.memory.close()
        slow.memory.close()
    finally:
        network.close()
        device.close()
    return _medians(times), device_bytes / 1e6, pinned_bytes / 1e6, _medians(kernels)


def _one_photo(bench: Bench, device: Any, steps: Steps, network: Any, one: Photo) -> dict[str, float]:
    size = bench.model.input.height * bench.model.input.width
    given, out = steps.memory.buffer("input", 12 * size), steps.memory.buffer("output", 4 * size)
    clock = _Clock(device.synchronize)
    frame = steps.prepare(one, 0, given)
    clock("prepare")
    network.enqueue(1, given.pointer, out.pointer, device.stream)
    clock("infer")
    alpha = steps.refine(frame, out, CONTROLS.threshold)
    clock("refine")
    alpha = steps.shape(alpha, one.height, one.width, CONTROLS)
    clock("controls")
    steps.finish(frame, alpha, Box(0, 0, one.height, one.width), None, None)
    clock("foreground and composite")
    return clock.ms


def _on_cpu(bench: Bench, one: Photo, runs: int) -> dict[str, float]:
    times: list[dict[str, float]] = []
    for _ in range(runs + 1):
        clock = _Clock(lambda: None)
        tensor, geometry = network_input(one, bench.model.input)
        clock("prepare")
        matte = undo(bench.engine.infer(tensor), geometry)
        clock("infer")
        alpha = refine(matte, one)
        clock("refine")
        alpha = apply(alpha, CONTROLS)
        clock("controls")
        composite(foreground(one.rgb, alpha), alpha, None)
        clock("foreground and composite")
        times.append(clock.ms)
    return _medians(times)


class _Clock:
    def __init__(self, wait: Callable[[], None]) -> None:
        self._wait, self.ms = wait, dict[str, float]()
        wait()
        self._since = time.perf_counter()

    def __call__(self, stage: str) -> None:
        self._wait()
        now = time.perf_counter()
        self.ms[stage] = (now - self._since) * 1000
        self._since = now


def _medians(times: list[dict[str, float]]) -> dict[str, float]:
    return {name: median(each[name] for each in times[1:]) for name in times[-1]}


def _per_kernel(bench: Bench, one: Photo, ms: dict[str, float]) -> list[str]:
    """With the rate that the bytes on paper (matting/cuda/costs.py) make of the time."""
    paper: dict[str, float] = {}
    for each in launches(one.height, one.width, bench.model.input, CONTROLS):
        paper[each.name] = paper.get(each.name, 0.0) + each.read + each.written
    lines = ["| Kernel | ms | MB on paper | GB/s |", "|---|---|---|---|"]
    for name, spent in sorted(ms.items(), key=lambda each: -each[1]):
        size = paper.get(name, 0.0) / 1e6
        lines.append(f"| {name} | {spent:.3f} | {size:.1f} | {size / spent if spent else 0:.0f} |")
    return lines
