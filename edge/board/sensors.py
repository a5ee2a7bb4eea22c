"""Temperatures, clocks and the GPU's load, from sysfs under a root folder. What a board does not tell is left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Zone:
    """A thermal zone, in degrees Celsius. throttles_at: where the kernel slows something down; stops_at: where it switches
    the board off. None where the zone has no such point."""

    name: str
    celsius: float
    throttles_at: float | None = None
    stops_at: float | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """In MHz: now, and the most that the power mode allows."""

    name: str
    now: float
    most: float


@dataclass(frozen=True, slots=True)
class Sensors:
    """gpu_load: 0..1, None where no GPU tells."""

    zones: tuple[Zone, ...]
    clocks: tuple[Clock, ...]
    gpu_load: float | None


def read_sensors(root: Path = Path("/")) -> Sensors:
    """All that can be read now."""
    gpu = next(_gpus(root), None)
    cpus = sorted((root / "sys/devices/system/cpu").glob("cpu[0-9]*/cpufreq"))
    clocks = [_clock("CPU", cpus[0], "scaling_cur_freq", "scaling_max_freq", 1e3)] if cpus else []
    if gpu is not None:
        clocks.append(_clock("GPU", gpu, "cur_freq", "max_freq", 1e6))
    load = None if gpu is None else _number(gpu / "device/load")
    return Sensors(read_zones(root), tuple(clock for clock in clocks if clock), None if load is None else load / 1000)


def read_zones(root: Path = Path("/")) -> tuple[Zone, ...]:
    """Every thermal zone that is awake: those of units that are switched off give an error, or -256."""
    folders = sorted((root / "sys/class/thermal").glob("thermal_zone*"))
    return tuple(zone for zone in map(_zone, folders) if zone is not None)


def _zone(folder: Path) -> Zone | None:
    celsius = _number(folder / "temp")
    if celsius is None or celsius <= 0:
        return None
    return Zone(_word(folder / "type"), celsius / 1000, _trip(folder, "passive"), _trip(folder, "critical"))


def _trip(folder: Path, kind: str) -> float | None:
    """The lowest trip point of that kind."""
    names = [path.name.removesuffix("_type") for path in folder.glob("trip_point_*_type") if _word(path) == kind]
    points = [point for name in names if (point := _number(folder / f"{name}_temp")) is not None and point > 0]
    return min(points) / 1000 if points else None


def _gpus(root: Path) -> Iterator[Path]:
    """Frequency domains of GPUs: Orin's is named ga10b by JetPack 5 and gpu since."""
    for folder in sorted((root / "sys/class/devfreq").glob("*")):
        name = _word(folder / "device/of_node/name").strip("\0")
        if "ga10b" in name or "gpu" in name:
            yield folder


def _clock(name: str, folder: Path, now: str, most: str, unit: float) -> Clock | None:
    """unit: Hz in the file's unit, divided into MHz."""
    values = _number(folder / now), _number(folder / most)
    return None if values[0] is None or values[1] is None else Clock(name, values[0] / unit, values[1] / unit)


def _number(path: Path) -> float | None:
    try:
        return float(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _word(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
