"""Root folders of machines that are not here: the files of /proc, /sys and /etc that the product reads, with the values that
were seen on such boards."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

L4T = "# R{} (release), REVISION: {}, GCID: 38968081, BOARD: generic, EABI: aarch64, DATE: Wed Jan  8 01:49:37 UTC 2025\n"


@dataclass(frozen=True)
class Fake:
    """part: of the module, in `compatible`; total: MemTotal in MiB; l4t: release and revision."""

    model: str
    part: str
    total: int
    l4t: tuple[str, str] = ("36", "4.3")


ORINS = {
    "orin-nano-4gb": Fake("NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super", "p3767-0004", 3350),
    "orin-nano-8gb": Fake("NVIDIA Jetson Orin Nano Developer Kit", "p3767-0005", 7620, ("36", "3.0")),
    "orin-nx-8gb": Fake("NVIDIA Jetson Orin NX Engineering Reference Developer Kit", "p3767-0001", 7620, ("36", "5.0")),
    "orin-nx-16gb": Fake("NVIDIA Jetson Orin NX Engineering Reference Developer Kit", "p3767-0000", 15523),
    "agx-orin-32gb": Fake("NVIDIA Jetson AGX Orin", "p3701-0004", 30697, ("39", "2.0")),
    "agx-orin-64gb": Fake("NVIDIA Jetson AGX Orin Developer Kit", "p3701-0005", 62841),
}
UNKNOWN = Fake("ACME Photo Booth on NVIDIA Orin", "p9999-0042", 11000, ("41", "7.1"))


def jetson(root: Path, fake: Fake, available: int | None = None) -> Path:
    """A Jetson, awake and cool; available: MemAvailable in MiB."""
    tree = root / "proc/device-tree"
    write(tree / "model", fake.model + "\0")
    write(tree / "compatible", f"nvidia,p3768-0000+{fake.part}\0nvidia,{fake.part}\0nvidia,tegra234\0")
    write(root / "etc/nv_tegra_release", L4T.format(*fake.l4t))
    meminfo(root, fake.total, fake.total - 700 if available is None else available)
    gpu = root / "sys/class/devfreq/17000000.gpu"
    write(gpu / "device/of_node/name", "gpu\0")
    write(gpu / "device/load", "437\n")
    write(gpu / "cur_freq", "306000000\n")
    write(gpu / "max_freq", "624750000\n")
    cpu = root / "sys/devices/system/cpu/cpu0/cpufreq"
    write(cpu / "scaling_cur_freq", "729600\n")
    write(cpu / "scaling_max_freq", "1510400\n")
    zone(root, 0, "cpu-thermal", 48500, passive=99000, critical=104500)
    zone(root, 1, "gpu-thermal", 46031, passive=99000, critical=104500)
    zone(root, 2, "cv0-thermal", -256000)  # switched off
    zone(root, 8, "tj-thermal", 49125)
    return root


def pc(root: Path, total: int = 15900, available: int = 12000) -> Path:
    """A PC: no device tree, one thermal zone without a passive point."""
    write(root / "sys/class/dmi/id/product_name", "OptiPlex 7010\n")
    meminfo(root, total, available)
    zone(root, 0, "x86_pkg_temp", 41000)
    return root


def meminfo(root: Path, total: int, available: int, swap: int = 0) -> None:
    """In MiB."""
    fields = {"MemTotal": total, "MemFree": available // 2, "MemAvailable": available, "SwapTotal": swap, "SwapFree": swap}
    write(root / "proc/meminfo", "".join(f"{name}: {value * 1024:>12} kB\n" for name, value in fields.items()))


def zone(root: Path, number: int, name: str, temperature: int, **trips: int) -> None:
    """In thousandths of a degree, as sysfs has them."""
    folder = root / f"sys/class/thermal/thermal_zone{number}"
    write(folder / "type", name + "\n")
    write(folder / "temp", f"{temperature}\n")
    for index, (kind, point) in enumerate(trips.items()):
        write(folder / f"trip_point_{index}_type", kind + "\n")
        write(folder / f"trip_point_{index}_temp", f"{point}\n")


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
