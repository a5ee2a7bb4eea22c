"""`edge-matting doctor`, as it is called, on the files of boards that are well and of boards that are not."""

from __future__ import annotations

import importlib.util
import json
import os
import pty
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from edge.config.hooks import HooksOptions
from edge.hooks.checks import check_hooks
from matting.model import default_model_dir
from tests.edge.boards import ORINS, UNKNOWN, jetson, pc, write, zone

CHECKS = [
    *("config", "board", "jetpack", "memory", "budget", "heat", "clocks", "groups", "devices", "cuda", "tensorrt"),
    *("engines", "model", "folders", "disk", "gstreamer", "camera", "hooks", "unit"),
]
PASSWD = "root:x:0:0:root:/root:/bin/sh\nedge-matting:x:61234:61234::/:/bin/false\n"
GROUPS = "root:x:0:\nvideo:x:44:{0}\nrender:x:104:{0}\nedge-matting:x:61234:\n"


@dataclass
class Machine:
    """A board, a configuration of its own, and stand-ins for programs, put before those of the PATH."""

    folder: Path
    root: Path
    config: str = ""
    path: str | None = None
    programs: dict[str, str] = field(default_factory=dict)

    def command(self, *words: str) -> list[str]:
        hot = "".join(f'{name} = "{name}"\n' for name in ("inbox", "outbox", "done", "failed", "no_person", "state"))
        write(self.folder / "booth.toml", self.config if "[hotfolder]" in self.config else f"[hotfolder]\n{hot}{self.config}")
        own = ["--config", str(self.folder / "booth.toml"), "--root", str(self.root)]
        return [sys.executable, "-m", "edge.cli", "doctor", *own, *words]

    @property
    def environment(self) -> dict[str, str]:
        for name, script in self.programs.items():
            write(self.folder / "bin" / name, f"#!/bin/sh\n{script}\n")
            (self.folder / "bin" / name).chmod(0o755)
        return {**os.environ, "PATH": f"{self.folder / 'bin'}:{os.environ['PATH'] if self.path is None else self.path}"}

    def seen(self, code: int = 0) -> dict[str, list[dict[str, str]]]:
        """The findings by check; code: the exit code that must come with them."""
        done = subprocess.run(
            self.command("--json"), capture_output=True, text=True, env=self.environment, timeout=60, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        table: dict[str, Any] = json.loads(done.stdout)
        assert table["cuts"] == (code == 0)
        found: dict[str, list[dict[str, str]]] = {}
        for each in table["findings"]:
            found.setdefault(each.pop("check"), []).append(each)
        assert list(found) == CHECKS
        return found

    def one(self, check: str, code: int = 0) -> tuple[str, str, str]:
        """Level, words and what is to be done, of a check that found one thing."""
        (found,) = self.seen(code)[check]
        return found["level"], found["said"], found["todo"]


@pytest.fixture
def healthy(tmp_path: Path) -> Machine:
    """A PC without GPU and camera."""
    return Machine(tmp_path, pc(tmp_path / "root"))


def test_a_pc_without_anything_is_well(healthy: Machine) -> None:
    found = healthy.seen()
    assert [each["level"] for findings in found.values() for each in findings if each["level"] != "ok"] == []
    assert found["board"][0]["said"].startswith("OptiPlex 7010")
    assert found["devices"][0]["said"] == "no NVIDIA GPU: photos are cut on the CPU"
    assert "onnx, torchscript, int8 as published" in found["model"][0]["said"]
    assert "will be made" in found["folders"][0]["said"]
    assert not (healthy.folder / "inbox").exists()  # a doctor changes nothing


def test_text_is_aligned_and_coloured_in_a_terminal_only(healthy: Machine) -> None:
    zone(healthy.root, 1, "tj-thermal", 97000)
    command, environment = healthy.command(), healthy.environment
    piped = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=True).stdout
    lines = piped.splitlines()
    assert lines[-1] == "Photos can be cut; 1 of these could be better."
    hot = next(index for index, line in enumerate(lines) if line.startswith("warning  heat       "))
    assert lines[hot + 1] == " " * 20 + "-> give it air, or a lower power mode"
    assert {line[:9] for line in lines[:-1]} == {"ok       ", "warning  ", " " * 9}
    ours, theirs = pty.openpty()
    subprocess.run(command, stdout=theirs, env=environment, timeout=60, check=True)
    os.close(theirs)
    assert b"\033[33mwarning \033[0m heat" in os.read(ours, 65536)
    os.close(ours)


def test_an_orin_without_its_software_still_cuts(tmp_path: Path) -> None:
    """Driver nodes are there, but no pycuda, no TensorRT, and the service's user is in no group."""
    machine = Machine(tmp_path, jetson(tmp_path / "root", ORINS["orin-nano-4gb"], available=2800))
    for name, text in (("passwd", PASSWD), ("group", GROUPS.format("")), ("systemd/system/edge-matting.service", "")):
        write(machine.root / "etc" / name, text)
    write(machine.root / "dev/nvmap", "")
    (machine.root / "dev/nvmap").chmod(0o660)
    for name in ("inbox", "outbox", "done", "failed", "no_person", "state"):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(0o777)
    found = {check: findings[0] for check, findings in machine.seen().items()}
    assert "Orin Nano 4 GB" in found["board"]["said"]
    assert found["jetpack"]["said"] == "JetPack 6.1 to 6.2 (L4T 36.4.3)"
    assert found["budget"]["said"].startswith("photos of up to 24.5 MP, 1 at once")
    assert found["groups"]["todo"].startswith("sudo usermod -aG video,render edge-matting")
    assert "edge-matting may not open nvmap" in found["devices"]["said"]
    assert {found[check]["level"] for check in ("cuda", "tensorrt", "engines")} == {"warning"}
    assert "pycuda" in found["cuda"]["said"]


@pytest.mark.skipif(importlib.util.find_spec("tensorrt") is not None, reason="TensorRT is in this Python")
def test_tensorrt_in_the_systems_python_only(tmp_path: Path) -> None:
    machine = Machine(tmp_path, jetson(tmp_path / "root", UNKNOWN))
    write(machine.root / "dev/nvmap", "")
    write(machine.root / "usr/bin/python3", '#!/bin/sh\necho \'{"version": "10.3.0"}\'\n')  # stands in for JetPack's
    (machine.root / "usr/bin/python3").chmod(0o755)
    found = machine.seen()
    assert "L4T 41.7.1, of a JetPack that we do not know" in found["jetpack"][0]["said"]
    assert "TensorRT 10.3.0 is in" in found["tensorrt"][0]["said"]
    assert "--system-site-packages" in found["tensorrt"][0]["todo"]


def test_a_jetson_without_its_driver(tmp_path: Path) -> None:
    machine = Machine(tmp_path, jetson(tmp_path / "root", ORINS["agx-orin-64gb"]))
    assert machine.one("devices")[0] == "warning"
    (machine.root / "etc/nv_tegra_release").write_text("# R35 (release), REVISION: 4.1, GCID: 1\n")
    assert machine.one("jetpack") == (
        "warning", "L4T 35.4.1 is older than JetPack 6: the GPU may not work", "flash JetPack 6 or 7",
    )  # fmt: skip


def test_a_full_memory_is_told_with_what_it_costs(tmp_path: Path) -> None:
    machine = Machine(tmp_path, jetson(tmp_path / "root", ORINS["orin-nano-8gb"], available=600))
    found = machine.seen()
    assert found["memory"][0]["level"] == "warning"
    assert "multi-user.target" in found["memory"][0]["todo"]
    assert "photos of up to 12 MP, 1 at once" in found["budget"][0]["said"]
    assert "with more memory free" in found["budget"][0]["said"]  # how much depends on the cores of this machine


def test_what_the_power_mode_holds_back(tmp_path: Path) -> None:
    machine = Machine(tmp_path, jetson(tmp_path / "root", ORINS["orin-nano-8gb"]))
    cpus = machine.root / "sys/devices/system/cpu"
    write(cpus / "present", "0-5\n")
    write(cpus / "online", "0-2,5\n")
    write(cpus / "cpu0/cpufreq/cpuinfo_max_freq", "1728000\n")
    assert "2 cores off and CPU limited to 1510 of 1728 MHz by the power mode" in machine.one("clocks")[1]


@pytest.mark.parametrize("damage", ["a byte", "the end", "gone"])
def test_a_model_that_is_not_as_published(healthy: Machine, damage: str) -> None:
    model = healthy.folder / "model"
    shutil.copytree(default_model_dir(), model, ignore=shutil.ignore_patterns("*.jpg", "trial"))
    weights = model / "portrait.onnx"
    data = weights.read_bytes()
    if damage == "gone":
        weights.unlink()
    else:
        weights.write_bytes(data[:-9] if damage == "the end" else data[:4000] + bytes([data[4000] ^ 1]) + data[4001:])
    healthy.config = f'[engine]\nmodel = "{model}"\n'
    level, said, todo = healthy.one("model", 50)
    assert level == "problem"
    assert "portrait.onnx" in said
    assert "restore" in todo


def test_a_folder_that_the_services_user_may_not_write(healthy: Machine) -> None:
    for name, text in (
        ("passwd", PASSWD),
        ("group", GROUPS.format("edge-matting")),
        ("systemd/system/edge-matting.service", ""),
    ):
        write(healthy.root / "etc" / name, text)
    healthy.folder.chmod(0o777)
    assert healthy.one("folders")[1].startswith("edge-matting may use all 6")
    (healthy.folder / "outbox").mkdir(0o755)
    level, said, todo = healthy.one("folders", 50)
    assert (level, todo) == ("problem", f"sudo install -d -o edge-matting -g edge-matting {healthy.folder}/outbox")
    assert f"edge-matting may not use {healthy.folder}/outbox" in said
    assert "rwxr-xr-x" in said


def test_a_file_where_a_folder_should_be(healthy: Machine) -> None:
    (healthy.folder / "done").write_text("")
    assert healthy.one("folders", 50)[1] == f"{healthy.folder}/done is not a folder"


def test_a_disk_that_is_all_but_full(healthy: Machine) -> None:
    """In a mount namespace of its own."""
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine does not allow user namespaces with mounts")
    (healthy.folder / "outbox").mkdir()
    mount = f'mount -t tmpfs -o size=50m tmpfs {healthy.folder}/outbox && exec "$@"'
    command = ["unshare", "-rm", "sh", "-c", mount, "sh", *healthy.command()]
    done = subprocess.run(command, capture_output=True, text=True, env=healthy.environment, timeout=60, check=False)
    assert done.returncode == 50, done.stdout + done.stderr
    assert f"problem  disk       52 MB free at {healthy.folder}/outbox" in done.stdout
    assert "on another disk than the inbox: outbox" in done.stdout


def test_a_wrong_configuration_is_told_and_the_rest_is_looked_at(healthy: Machine) -> None:
    healthy.config = '[hotfolder]\ninbox = 3\n[matting]\nformat = "gif"\n'
    level, said, todo = healthy.one("config", 50)
    assert level == "problem"
    assert "2 mistakes" in said
    assert "what follows holds for the default keys" in said
    assert "line 2: hotfolder.inbox" in todo
    assert "line 4: matting.format" in todo


def test_a_camera_without_gstreamer(healthy: Machine) -> None:
    healthy.path = ""
    assert healthy.one("gstreamer") == ("ok", "GStreamer is not installed; only a camera needs it", "")
    healthy.config = '[camera]\nsource = "test://"\n'
    level, said, todo = healthy.one("gstreamer")
    assert (level, said) == ("warning", "GStreamer is not installed")
    assert "gstreamer1.0-tools" in todo


def test_a_missing_element_is_named_with_its_package(healthy: Machine) -> None:
    """gst-inspect-1.0 is a stand-in, which has everything but v4l2src."""
    healthy.programs = {"gst-launch-1.0": "exit 0", "gst-inspect-1.0": '[ "$2" != v4l2src ] && [ "$2" != nvvidconv ]'}
    healthy.config = '[camera]\nsource = "v4l2:///dev/video7"\n'
    found = healthy.seen()
    assert found["gstreamer"] == [
        {
            "level": "warning",
            "said": "GStreamer's v4l2src is missing",
            "todo": "sudo apt install gstreamer1.0-plugins-good",
        }
    ]
    assert found["camera"][0]["said"] == "/dev/video7 is not there"


UNIT = "LoadState=loaded\nActiveState={}\nSubState={}\nResult={}\nExecMainStatus={}\nNRestarts={}\nUnitFileState={}\n"


@pytest.mark.parametrize(
    ("properties", "code", "level", "words"),
    [
        (("active", "running", "success", 0, 0, "enabled", "READY; 12 cut"), 0, "ok", "READY; 12 cut"),
        (("active", "running", "success", 0, 0, "disabled", ""), 0, "warning", "will not start at boot"),
        (("failed", "failed", "exit-code", 3, 0, "enabled", ""), 50, "problem", "code 3 (wrong configuration)"),
        (("activating", "auto-restart", "signal", 9, 4, "enabled", ""), 50, "problem", "signal, started 4 times again"),
        (("inactive", "dead", "success", 0, 0, "enabled", ""), 50, "problem", "it is inactive"),
    ],
)
def test_what_systemd_says(healthy: Machine, properties: tuple[object, ...], code: int, level: str, words: str) -> None:
    """systemctl is a stand-in, which answers as systemd 249 does."""
    told = (UNIT + "StatusText={}").format(*properties)
    healthy.programs = {"systemctl": f"cat <<'END'\n{told}\nEND"}
    found = healthy.one("unit", code)
    assert found[0] == level
    assert words in found[1]


def test_hooks_that_cannot_be_told_are_found(healthy: Machine) -> None:
    program = healthy.folder / "on-photo"
    healthy.config = f'[hooks]\nurl = "http://192.168.1.20/"\ncommand = ["{program}"]\n'
    assert healthy.one("hooks")[:2] == ("warning", f"hooks.command: {program} is not there")
    write(program, "#!/bin/sh\n")
    program.chmod(0o644)
    level, said, todo = healthy.one("hooks")
    assert level == "warning" and said.endswith(f"may not run {program}") and todo == f"sudo chmod a+rx {program}"
    program.chmod(0o755)
    assert healthy.one("hooks") == ("ok", f"hooks.url; hooks.command {program}", "")


def test_a_unit_without_network_is_told_where_a_hook_needs_it(tmp_path: Path) -> None:
    root, url = tmp_path / "root", HooksOptions("http://192.168.1.20/")
    who = Mock(root=root, config=Mock(hooks=url))
    write(root / "etc/systemd/system/edge-matting.service", "")
    write(root / "etc/systemd/system/edge-matting.service.d/10-sandbox.conf", "[Service]\nPrivateNetwork=yes\n")
    (found,) = check_hooks(who)
    assert found.level == "warning" and "the unit has no network" in found.said and "network.conf" in found.todo
    drop_in = Path(__file__).parents[3] / "systemd" / "drop-ins" / "network.conf"
    write(root / "etc/systemd/system/edge-matting.service.d/network.conf", drop_in.read_text())
    assert [each.level for each in check_hooks(who)] == ["ok"]
