"""Which board this is and how much memory it has, as the device tree, /proc and /etc tell it under a root folder.

Nothing is decided by names or releases: they are for words, and an unknown board or release gives what it has.
Sources: the device trees of NVIDIA's Jetson Linux 36 and 39 for the modules' part numbers; /etc/nv_tegra_release.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

# Part number in `compatible` -> the module's name. P3767-0005 is the developer kit's.
_MODULES = {
    "p3767-0000": "Orin NX 16 GB",
    "p3767-0001": "Orin NX 8 GB",
    "p3767-0003": "Orin Nano 8 GB",
    "p3767-0004": "Orin Nano 4 GB",
    "p3767-0005": "Orin Nano 8 GB",
    "p3701-0000": "AGX Orin",
    "p3701-0004": "AGX Orin 32 GB",
    "p3701-0005": "AGX Orin 64 GB",
}
# L4T -> JetPack, where the package that knows better is not installed.
_JETPACKS = {"36.3": "6.0", "36.4": "6.1 to 6.2", "36.5": "6.2", "39.2": "7.2"}


@dataclass(frozen=True, slots=True)
class Board:
    """model: the board's own words, or the PC's; module: of a Jetson that we know by its part number. l4t: such as "36.4.3",
    None where there is none. jetpack: such as "6.2", None for a release that we do not know. unified: GPU and CPU share
    their memory, as on every Jetson. cores: that this process may use."""

    model: str
    module: str | None
    l4t: str | None
    jetpack: str | None
    unified: bool
    cores: int


@dataclass(frozen=True, slots=True)
class Memory:
    """In bytes. available: MemAvailable, or less where a cgroup grants less. zram: the part of swap that is compressed
    memory."""

    total: int
    available: int
    swap: int
    zram: int


def board(root: Path = Path("/")) -> Board:
    """The board whose file system is `root`."""
    tree = root / "proc/device-tree"
    compatible = _text(tree / "compatible").split("\0")
    model = _text(tree / "model").strip("\0 \n") or _text(root / "sys/class/dmi/id/product_name").strip() or "unknown"
    l4t = _l4t(root)
    return Board(
        model=model,
        module=next((name for part, name in _MODULES.items() if any(part in word for word in compatible)), None),
        l4t=l4t,
        jetpack=_jetpack(root, l4t),
        unified=any(word.startswith("nvidia,tegra") for word in compatible),
        cores=len(os.sched_getaffinity(0)),
    )


def memory(root: Path = Path("/")) -> Memory:
    """What /proc/meminfo and our own cgroup say now.

    Raises:
        OSError: there is no /proc/meminfo.
    """
    fields = _counters((root / "proc/meminfo").read_text(encoding="ascii"))
    available = fields.get("MemAvailable:", fields["MemTotal:"]) * 1024
    return Memory(
        total=fields["MemTotal:"] * 1024,
        available=min([available, *_cgroup_limits(root)]),
        swap=fields.get("SwapTotal:", 0) * 1024,
        zram=sum(int(_text(size) or 0) for size in (root / "sys/block").glob("zram*/disksize")),
    )


def memory_available() -> int:
    """Bytes that a new process may take without swapping, as the kernel reckons, or the cgroup grants."""
    return memory().available


def swap_free(root: Path = Path("/")) -> int:
    """Bytes of swap that are free, zram among them."""
    return _counters((root / "proc/meminfo").read_text(encoding="ascii")).get("SwapFree:", 0) * 1024


def oom_kills(root: Path = Path("/")) -> int:
    """How often the kernel killed a process for memory since boot; 0 where it does not say."""
    return _counters((root / "proc/vmstat").read_text(encoding="ascii")).get("oom_kill", 0)


def has_nvidia_gpu(devices: Path = Path("/dev")) -> bool:
    """Whether an NVIDIA driver offers a GPU: a Jetson's, or a PC's. Whether it works is another question."""
    return any((devices / name).exists() for name in ("nvidiactl", "nvmap", "nvhost-ctrl-gpu", "nvgpu"))


def _l4t(root: Path) -> str | None:
    found = re.search(r"# R(\d+) \(release\), REVISION: ([\d.]+)", _text(root / "etc/nv_tegra_release"))
    if found:
        return f"{found[1]}.{found[2]}"
    version = _installed(root, "nvidia-l4t-core")
    return version.split("-")[0] if version else None


def _jetpack(root: Path, l4t: str | None) -> str | None:
    version = _installed(root, "nvidia-jetpack")
    if version:
        return version.split("+")[0]
    return _JETPACKS.get(".".join(l4t.split(".")[:2])) if l4t else None


def _installed(root: Path, package: str) -> str | None:
    """The version of a Debian package, None where it is not installed."""
    found = re.search(
        rf"^Package: {package}\nStatus: \S+ \S+ installed\n(?:.+\n)*?Version: (\S+)$", _packages(root), re.MULTILINE
    )
    return found[1] if found else None


def _packages(root: Path) -> str:
    return _text(root / "var/lib/dpkg/status")


def _cgroup_limits(root: Path) -> list[int]:
    """memory.max of our cgroup and those above it (version 2 only); none where nothing is limited."""
    found = re.search(r"^0::/(.*)$", _text(root / "proc/self/cgroup"), re.MULTILINE)
    if not found:
        return []
    top = root / "sys/fs/cgroup"
    own = top / found[1]
    folders = [folder for folder in (own, *own.parents) if folder == top or top in folder.parents]
    limits = [_text(folder / "memory.max").strip() for folder in folders]
    return [int(limit) for limit in limits if limit.isdigit()]


def _counters(text: str) -> dict[str, int]:
    """The first two words of each line."""
    words = [line.split() for line in text.splitlines()]
    return {line[0]: int(line[1]) for line in words if len(line) > 1}


def _text(path: Path) -> str:
    """A file's text; "" where there is none, or none that can be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
