"""Claim: GPU memory is flat over thousands of photos."""

from __future__ import annotations

import resource
from collections.abc import Callable
from functools import partial

from matting.backgrounds.blur import Blur
from matting.backgrounds.colour import WHITE
from matting.cuda.device import Device
from matting.cuda.gpu_thread import GpuThread
from matting.cuda.work import GpuWork
from matting.photo import Controls
from matting.settings import Settings
from scripts.prove.gpu.setup import Bench, Section, photo

# Of the whole GPU, on which others may work as well.
MOST_GROWTH = 16 << 20
SETTINGS = (
    Settings(Controls(10, 1, 1.0)),
    Settings(crop=0.05),
    Settings(background=WHITE),
    Settings(background=Blur()),
)


def prove(bench: Bench, count: int, tell: Callable[[str], None]) -> Section:
    """`count` photos of several sizes, with several settings, in turn; the memory is looked at along the way."""
    devices: list[Device] = []

    def open_device() -> Device:
        devices.append(bench.open_device())
        return devices[0]

    gpu_thread = GpuThread(bench.model, open_device, bench.open_network)
    work, photos = GpuWork(gpu_thread), [photo(*size, number) for number, size in enumerate(bench.sizes.soaked)]
    rounds = len(photos) * len(SETTINGS)
    samples: dict[int, tuple[int, int]] = {}
    try:
        for number in range(count):
            settings = SETTINGS[number // len(photos) % len(SETTINGS)]
            looks = number + 1 in _sampled(rounds, count)
            used: list[int] = []
            load = partial(photos.__getitem__, number % len(photos))
            work.pixels(load, settings, _look(devices[0], used) if looks else lambda stage: None)
            if looks:
                samples[number + 1] = (used[0], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
                tell(f"{number + 1} of {count} photos")
    finally:
        gpu_thread.close()
    section = Section(f"GPU memory over {count} photos")
    section.lines += ["| Photos | GPU memory in use, MB | Peak of the process, MB |", "|---|---|---|"]
    section.lines += [f"| {done} | {used / 1e6:.0f} | {peak / 1e6:.0f} |" for done, (used, peak) in samples.items()]
    growth = samples[count][0] - next(iter(samples.values()))[0]
    if growth > MOST_GROWTH:
        section.wrong.append(f"GPU memory grew by {growth / 1e6:.0f} MB")
    return section


def _sampled(rounds: int, count: int) -> set[int]:
    """After each size had each setting once, ten times in between, and at the end."""
    first = min(rounds, count)
    return {first, count, *range(first, count, max(1, (count - first) // 10))}


def _look(device: Device, used: list[int]) -> Callable[[str], None]:
    """At the bytes of the GPU that anybody uses, from the GPU thread itself, to which the context belongs."""

    def on_stage(stage: str) -> None:
        if stage == "foreground":
            free, total = device.memory()
            used.append(total - free)

    return on_stage
