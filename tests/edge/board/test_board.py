from __future__ import annotations

from pathlib import Path

import pytest

from edge.board.facts import board, memory
from edge.board.sensors import Clock, Zone, read_sensors
from tests.edge.boards import ORINS, UNKNOWN, Fake, jetson, meminfo, pc, write

MODULES = {
    "orin-nano-4gb": ("Orin Nano 4 GB", "36.4.3", "6.1 to 6.2"),
    "orin-nano-8gb": ("Orin Nano 8 GB", "36.3.0", "6.0"),
    "orin-nx-8gb": ("Orin NX 8 GB", "36.5.0", "6.2"),
    "orin-nx-16gb": ("Orin NX 16 GB", "36.4.3", "6.1 to 6.2"),
    "agx-orin-32gb": ("AGX Orin 32 GB", "39.2.0", "7.2"),
    "agx-orin-64gb": ("AGX Orin 64 GB", "36.4.3", "6.1 to 6.2"),
}


@pytest.mark.parametrize("name", ORINS)
def test_each_orin_is_known_by_its_part_number(name: str, tmp_path: Path) -> None:
    found = board(jetson(tmp_path, ORINS[name]))
    assert (found.module, found.l4t, found.jetpack) == MODULES[name]
    assert found.model == ORINS[name].model
    assert found.unified


def test_an_unknown_board_and_release_are_welcome(tmp_path: Path) -> None:
    found = board(jetson(tmp_path, UNKNOWN))
    assert (found.model, found.module, found.l4t, found.jetpack) == (UNKNOWN.model, None, "41.7.1", None)
    assert found.unified


def test_a_pc_has_no_l4t(tmp_path: Path) -> None:
    found = board(pc(tmp_path))
    assert (found.model, found.l4t, found.jetpack, found.unified) == ("OptiPlex 7010", None, None, False)


def test_an_empty_root_is_an_unknown_board(tmp_path: Path) -> None:
    assert (board(tmp_path).model, read_sensors(tmp_path).zones) == ("unknown", ())


def test_the_installed_packages_know_better(tmp_path: Path) -> None:
    """No /etc/nv_tegra_release, and a JetPack package that names itself; one that was removed does not count."""
    root = jetson(tmp_path, Fake("NVIDIA Jetson", "p3767-0000", 15523))
    (root / "etc/nv_tegra_release").unlink()
    status = "Package: {}\nStatus: {}\nPriority: standard\nVersion: {}\nDescription: x\n\n"
    packages = [
        status.format("nvidia-jetpack-dev", "install ok installed", "9.9+b1"),
        status.format("nvidia-jetpack", "install ok installed", "6.2.1+b38"),
        status.format("nvidia-l4t-core", "install ok installed", "36.4.4-20250616085344"),
    ]
    write(root / "var/lib/dpkg/status", "".join(packages))
    assert (board(root).jetpack, board(root).l4t) == ("6.2.1", "36.4.4")
    write(root / "var/lib/dpkg/status", status.format("nvidia-jetpack", "deinstall ok config-files", "6.2+b77"))
    assert (board(root).jetpack, board(root).l4t) == (None, None)


def test_a_cgroup_may_leave_less_than_the_machine_has(tmp_path: Path) -> None:
    root = pc(tmp_path)
    write(root / "proc/self/cgroup", "0::/system.slice/edge-matting.service\n")
    write(root / "sys/fs/cgroup/system.slice/edge-matting.service/memory.max", "max\n")
    assert memory(root).available == 12000 << 20
    write(root / "sys/fs/cgroup/system.slice/memory.max", f"{1 << 30}\n")
    assert memory(root).available == 1 << 30
    assert memory(root).total == 15900 << 20


def test_swap_and_zram(tmp_path: Path) -> None:
    meminfo(tmp_path, 3350, 2000, swap=1675)
    write(tmp_path / "sys/block/zram0/disksize", f"{800 << 20}\n")
    assert (memory(tmp_path).swap, memory(tmp_path).zram) == (1675 << 20, 800 << 20)


def test_sensors_of_a_jetson(tmp_path: Path) -> None:
    """Zones that are switched off are left out."""
    sensors = read_sensors(jetson(tmp_path, ORINS["orin-nano-8gb"]))
    cpu, gpu = (Zone(name, at, 99.0, 104.5) for name, at in (("cpu-thermal", 48.5), ("gpu-thermal", 46.031)))
    assert sensors.zones == (cpu, gpu, Zone("tj-thermal", 49.125))
    assert sensors.clocks == (Clock("CPU", 729.6, 1510.4), Clock("GPU", 306.0, 624.75))
    assert sensors.gpu_load == 0.437
