"""How much memory and how many cores there are, and what the service may use of them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_MIB = 1 << 20
# What the worker needs before its first photo: interpreter, libraries, network, its arena.
_RESIDENT = 400 * _MIB
# Peak bytes that one photo costs per pixel, decode to encode; measured by `edge-matting bench`, rounded up.
_PER_PIXEL = 24


@dataclass(frozen=True, slots=True)
class Budget:
    """pixels: largest photo; in_flight: photos in the worker at once; threads: of the CPU engine;
    worker_bytes: the worker's memory, enforced as a limit on its data and by recycling."""

    pixels: int
    in_flight: int
    threads: int
    worker_bytes: int


def budget(memory: int, cores: int) -> Budget:
    """The budget of a machine with `memory` bytes in all and `cores` usable cores. Half of the memory is left to others."""
    worker = min(max(memory // 2, 768 * _MIB), 4096 * _MIB)
    in_flight = 1 if memory < 4096 * _MIB or cores == 1 else 2
    pixels = (worker - _RESIDENT) // in_flight // _PER_PIXEL
    return Budget(pixels, in_flight, min(cores, 4), worker)


def this_machine() -> Budget:
    """The budget of the machine this runs on."""
    return budget(_total_memory(), len(os.sched_getaffinity(0)))


def memory_available() -> int:
    """Bytes that a new process may take without swapping, as the kernel reckons."""
    return _counter(Path("/proc/meminfo"), "MemAvailable:") * 1024


def swap_free() -> int:
    """Bytes of swap that are free, zram among them."""
    return _counter(Path("/proc/meminfo"), "SwapFree:") * 1024


def oom_kills() -> int:
    """How often the kernel killed a process for memory since boot; 0 where it does not say."""
    return _counter(Path("/proc/vmstat"), "oom_kill")


def has_nvidia_gpu(devices: Path = Path("/dev")) -> bool:
    """Whether an NVIDIA driver offers a GPU: a Jetson's, or a PC's. Whether it works is another question."""
    return any((devices / name).exists() for name in ("nvidiactl", "nvmap", "nvhost-ctrl-gpu", "nvgpu"))


def _total_memory() -> int:
    return _counter(Path("/proc/meminfo"), "MemTotal:") * 1024


def _counter(path: Path, name: str) -> int:
    for line in path.read_text(encoding="ascii").splitlines():
        words = line.split()
        if words[0] == name:
            return int(words[1])
    return 0
