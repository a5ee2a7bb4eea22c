"""What the service may use of a machine's memory and cores. Pure arithmetic: `this_machine` alone looks at one.

    MemTotal = what others keep + granted      others: the system, a display, the camera daemon, the page cache
    granted  = supervisor + sources + worker on the CPU                      engine "cpu"
             = supervisor + sources + worker on the GPU + CUDA               engine "tensorrt", unified memory
             = supervisor + sources + worker on the CPU + the build's pools  while an engine is built

Pixel limit and photos in flight are what makes the largest of these fit. What an engine or a systemd unit depends on
(batch, pools, MemoryHigh, MemoryMax) follows from MemTotal alone: it must not change with what else runs at a start.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from pathlib import Path

from edge.board.facts import board, memory
from matting.cuda.footprint import footprint

_MIB = 1 << 20
# What others keep: a quarter, and at least what a JetPack without a desktop and with the camera daemon was seen to need.
_OTHERS_SHARE, _OTHERS_LEAST = 4, 1024 * _MIB
# Of what is free at the start this much is left alone.
_HEADROOM = 256 * _MIB
_SUPERVISOR = 64 * _MIB
# Of sources in processes of their own. At least what a camera's 1080p takes at its worst: H.264 decoded on the CPU, live
# video at full height, bursts of snaps. Measured on a PC, peak PSS: 332 MiB; a camera that gives raw pictures takes 208 with
# live video and 72 without.
_SOURCES_SHARE, _SOURCES_LEAST, _SOURCES_MOST = 16, 352 * _MIB, 512 * _MIB
# What the worker needs before its first photo: interpreter, libraries, network, its arena.
_RESIDENT = 400 * _MIB
# Peak bytes that one photo costs per pixel, decode to encode, on the CPU; measured by `edge-matting bench`, rounded up.
_PER_PIXEL = 24
# The same of a photo whose pixel work is done on the GPU: decode, a copy of the finished pixels, encode.
_PER_PIXEL_BESIDE_GPU = 16
# CUDA's context, TensorRT's libraries, the engine and its activations. An assumption: not measured on an Orin.
_CUDA_RESIDENT = 512 * _MIB
_NETWORK_PIXELS = 512 * 512
# More photos at once only while each may still have this many pixels: a phone's 50 MP.
_COMFORT = 50_000_000
# The limits to choose from: 12 to 120 MP, in steps that people can read.
_PIXELS = range(12_000_000, 120_000_001, 500_000)
_MOST_IN_FLIGHT, _MOST_THREADS = 8, 4
# A request's photo in memory, and a cut-out of 12 to 24 MP on its way back.
_SLOT, _LEAST_SLOTS, _MOST_SLOTS = 32 * _MIB, 4, 16
_POOL_SHARE, _LEAST_POOL, _MOST_POOL = 16, 64 * _MIB, 1024 * _MIB


@dataclass(frozen=True, slots=True)
class Budget:
    """In bytes unless said otherwise.

    pixels: of the largest photo. in_flight: photos in the worker at once. batch: photos in one run of the network (1, 2, 4
    or 8). threads: of the CPU engine. worker_bytes: the worker's memory, enforced as a limit on its data. cuda_bytes: what
    the GPU engine holds beside that, with page-locked memory. sources_bytes: the
    share of sources with processes of their own, such as a camera feed. workspace,
    tactic_dram: TensorRT's pools while it builds. memory_high, memory_max: systemd's limits on all processes together.
    """

    pixels: int
    in_flight: int
    batch: int
    threads: int
    worker_bytes: int
    cuda_bytes: int
    sources_bytes: int
    workspace: int
    tactic_dram: int
    memory_high: int
    memory_max: int

    @property
    def http_slots(self) -> int:
        """Requests over HTTP at a time, the waiting and the answered: each may hold a photo and a cut-out in memory."""
        return max(_LEAST_SLOTS, min(self.sources_bytes // _SLOT, _MOST_SLOTS))

    def renew_above(self, *, on_gpu: bool) -> int:
        """Resident bytes above which an idle worker has outgrown its share. On the GPU it keeps buffers, which some
        releases count as its own."""
        one_photo = _RESIDENT + _PER_PIXEL * self.pixels
        return min(self.worker_bytes * 3 // 4, one_photo) + (self.cuda_bytes if on_gpu else 0)


@dataclass(frozen=True, slots=True)
class Machine:
    """What a budget follows from. total, available: MemTotal and MemAvailable in bytes. unified: see
    `edge.board.facts.Board`."""

    total: int
    available: int
    cores: int
    unified: bool


def budget(machine: Machine) -> Budget:
    """The machine's budget. One with too little memory gets the least that serves, and will have to swap."""
    granted = machine.total - max(_OTHERS_LEAST, machine.total // _OTHERS_SHARE)
    sources = min(max(granted // _SOURCES_SHARE, _SOURCES_LEAST), _SOURCES_MOST)
    fixed = _SUPERVISOR + sources + _RESIDENT
    granted = max(granted, fixed + _need(_PIXELS[0], 1, machine.unified))
    now = min(granted, machine.available - _HEADROOM)
    in_flight = _in_flight(now - fixed, machine)
    pixels = _pixels(now - fixed, in_flight, machine.unified)
    workspace = _power_of_two(min(max(granted // _POOL_SHARE, _LEAST_POOL), _MOST_POOL))
    return Budget(
        pixels=pixels,
        in_flight=in_flight,
        batch=_power_of_two(_in_flight(granted - fixed, machine)),
        threads=min(machine.cores, _MOST_THREADS),
        worker_bytes=_RESIDENT + in_flight * _PER_PIXEL * pixels,
        cuda_bytes=_cuda(pixels, in_flight),
        sources_bytes=sources,
        workspace=workspace,
        tactic_dram=2 * workspace,
        memory_high=granted,
        memory_max=granted + max(machine.total - granted, 0) // 4,
    )


def this_machine(root: Path = Path("/")) -> Budget:
    """The budget of the machine this runs on, as it is now."""
    return budget(seen(root))


def seen(root: Path = Path("/")) -> Machine:
    """The machine whose file system is `root`."""
    on, ram = board(root), memory(root)
    return Machine(ram.total, ram.available, on.cores, on.unified)


def _boards() -> dict[str, Machine]:
    """MemTotal as /proc/meminfo tells it on each board, in MiB. Of the NX 8 GB none was at hand: it is taken to have what the
    Nano of that size has. The PC stands for one with 16 GB."""
    jetsons = {
        "orin-nano-4gb": (3350, 6),
        "orin-nano-8gb": (7620, 6),
        "orin-nx-8gb": (7620, 6),
        "orin-nx-16gb": (15523, 8),
        "agx-orin-32gb": (30697, 8),
        "agx-orin-64gb": (62841, 12),
    }
    found = {name: Machine(total * _MIB, total * _MIB, cores, True) for name, (total, cores) in jetsons.items()}
    return {**found, "pc": Machine(15900 * _MIB, 15900 * _MIB, 8, False)}


# The boards by name, with nothing else running on them.
BOARDS = _boards()


def named(name: str, cores: int | None = None) -> Budget:
    """The budget of a board in `BOARDS`; cores: in place of the board's own, to try it on a machine with fewer."""
    machine = BOARDS[name]
    return budget(machine if cores is None else replace(machine, cores=min(cores, machine.cores)))


def _in_flight(room: int, machine: Machine) -> int:
    """The most photos at once that leave each a comfortable number of pixels."""
    counts = range(min(machine.cores, _MOST_IN_FLIGHT), 1, -1)
    return next((count for count in counts if _need(_COMFORT, count, machine.unified) <= room), 1)


def _pixels(room: int, in_flight: int, unified: bool) -> int:
    """The pixel limit of photos that share `room` bytes."""
    fitting = bisect_right(_PIXELS, room, key=lambda pixels: _need(pixels, in_flight, unified))
    return _PIXELS[max(fitting - 1, 0)]


def _need(pixels: int, in_flight: int, unified: bool) -> int:
    """Bytes that so many photos of that size take: on the CPU, or beside the GPU and on it, whichever is more."""
    on_cpu = in_flight * _PER_PIXEL * pixels
    return max(on_cpu, in_flight * _PER_PIXEL_BESIDE_GPU * pixels + _cuda(pixels, in_flight)) if unified else on_cpu


def _cuda(pixels: int, in_flight: int) -> int:
    """Bytes that the GPU engine holds; a batch is never larger than what is in flight."""
    photos = footprint(pixels, _power_of_two(in_flight), _NETWORK_PIXELS)
    return _CUDA_RESIDENT + photos.device + photos.pinned


def _power_of_two(number: int) -> int:
    """The largest that is not above it."""
    return 1 << (number.bit_length() - 1)
