"""Board, JetPack, memory, budget, heat and clocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from edge.board.budget import budget
from edge.board.facts import memory
from edge.board.heat import judged
from edge.board.sensors import Clock, read_sensors, read_zones
from edge.monitoring.finding import Finding
from edge.monitoring.target import Target

_GB = 1e9
_OLDEST = 36  # the first L4T, JetPack 6's, whose Python we run on
_MAKE_ROOM = "stop other programs; boot without a desktop (sudo systemctl set-default multi-user.target)"


def check_board(who: Target) -> Iterator[Finding]:
    """Any is welcome: names decide nothing."""
    module = f" ({who.board.module})" if who.board.module else ""
    name = "a machine without a name" if who.board.model == "unknown" else who.board.model
    yield Finding("board", "ok", f"{name}{module}, {who.board.cores} cores")


def check_jetpack(who: Target) -> Iterator[Finding]:
    """Which release a Jetson runs."""
    l4t, jetpack = who.board.l4t, who.board.jetpack
    if l4t is None:
        if who.board.unified:
            yield Finding("jetpack", "warning", "a Jetson without Jetson Linux: no driver for its GPU", "flash JetPack 6 or 7")
        else:
            yield Finding("jetpack", "ok", "not a Jetson")
    elif int(l4t.split(".")[0]) < _OLDEST:
        yield Finding("jetpack", "warning", f"L4T {l4t} is older than JetPack 6: the GPU may not work", "flash JetPack 6 or 7")
    elif jetpack is None:
        yield Finding("jetpack", "ok", f"L4T {l4t}, of a JetPack that we do not know; nothing depends on that")
    else:
        yield Finding("jetpack", "ok", f"JetPack {jetpack} (L4T {l4t})")


def check_memory(who: Target) -> Iterator[Finding]:
    """What there is, and whether the least that serves is free."""
    ram = memory(who.root)
    zram = f", {ram.zram / _GB:.1f} GB of it zram" if ram.zram else ""
    swap = f"{ram.swap / _GB:.1f} GB of swap{zram}" if ram.swap else "no swap"
    said = f"{ram.total / _GB:.1f} GB, {ram.available / _GB:.1f} GB available, {swap}"
    least = budget(replace(who.machine, available=0))  # one photo of 12 MP at a time
    if ram.available < least.worker_bytes:
        needed = f"; a photo of 12 MP takes {least.worker_bytes / _GB:.1f} GB"
        yield Finding("memory", "warning", said + needed, _MAKE_ROOM + "; add swap")
    else:
        yield Finding("memory", "ok", said)


def check_budget(who: Target) -> Iterator[Finding]:
    """What the service may use, and what it gives up because others use the memory."""
    now, full = who.budget, budget(replace(who.machine, available=who.machine.total))
    said = f"photos of up to {now.pixels / 1e6:g} MP, {now.in_flight} at once, {now.memory_high / _GB:.1f} GB in all"
    if (now.pixels, now.in_flight) == (full.pixels, full.in_flight):
        yield Finding("budget", "ok", said)
    else:
        more = f"; with more memory free {full.pixels / 1e6:g} MP, {full.in_flight} at once"
        if now.pixels * now.in_flight < full.pixels * full.in_flight / 2:
            yield Finding("budget", "warning", said + more, _MAKE_ROOM)
        else:
            yield Finding("budget", "ok", said + more)


def check_heat(who: Target) -> Iterator[Finding]:
    """Whether it is near to slowing itself down."""
    heat = judged(read_zones(who.root), "fine")
    if heat.level == "fine":
        yield Finding("heat", "ok", str(heat))
    else:
        said, _, todo = str(heat).partition("; ")
        yield Finding("heat", "warning", said, todo)


def check_clocks(who: Target) -> Iterator[Finding]:
    """Clocks as they are now, and what the power mode holds back."""
    clocks = ", ".join(_told(clock) for clock in read_sensors(who.root).clocks) or "no clock is told"
    kept_back = _held_back(who.root / "sys/devices/system/cpu")
    if kept_back and who.board.unified:
        yield Finding("clocks", "ok", f"{clocks}; {kept_back} by the power mode", "for more speed: sudo nvpmodel -q, -m")
    else:
        yield Finding("clocks", "ok", clocks)


def _told(clock: Clock) -> str:
    return f"{clock.name} {clock.now:.0f} of {clock.most:.0f} MHz"


def _held_back(cpus: Path) -> str:
    """Cores that are switched off, and a limit below what the processor could do; "" where there are none."""
    found = []
    off = len(_listed(cpus / "present")) - len(_listed(cpus / "online"))
    if off > 0:
        found.append(f"{off} core{'s' * (off > 1)} off")
    limits = [_listed(cpus / "cpu0/cpufreq" / name) for name in ("scaling_max_freq", "cpuinfo_max_freq")]
    if all(limits) and max(limits[0]) < max(limits[1]):
        found.append(f"CPU limited to {max(limits[0]) / 1e3:.0f} of {max(limits[1]) / 1e3:.0f} MHz")
    return " and ".join(found)


def _listed(path: Path) -> list[int]:
    """The numbers of a list as the kernel writes it, such as "0-3,5"; [] where there is none."""
    try:
        parts = [part.split("-") for part in path.read_text(encoding="ascii").strip().split(",")]
        return [number for part in parts for number in range(int(part[0]), int(part[-1]) + 1)]
    except (OSError, ValueError):
        return []
