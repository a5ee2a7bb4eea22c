"""The units as systemd reads them, and against what the daemon really understands."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edge.config.load import load_config

UNITS = Path(__file__).parent.parent.parent / "systemd"
SERVICES = ["edge-matting.service", "edge-matting-build.service"]
PROGRAM = "/opt/edge-matting/current/bin/edge-matting"
MOST_EXPOSED = 15  # of 100, in systemd's own count: 1.5 of 10

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units as they lie on a board, with a program that exists here."""
    folder = tmp_path / "units"
    shutil.copytree(UNITS, folder)
    shutil.copytree(folder / "edge-matting.service.d", folder / "edge-matting-build.service.d")  # as scripts/install does
    for name in SERVICES:
        unit = folder / name
        unit.write_text(unit.read_text().replace(PROGRAM, sys.executable))
    return folder


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)


@needs_systemd
@pytest.mark.parametrize("name", SERVICES)
def test_systemd_has_nothing_to_say_against_a_unit(installed: Path, name: str) -> None:
    """Unknown keys are only warned of, so any word on stderr counts."""
    result = analyze("verify", "--man=no", str(installed / name))
    assert (result.returncode, result.stderr) == (0, "")


@needs_systemd
@pytest.mark.parametrize("name", SERVICES)
def test_a_unit_is_locked_in(installed: Path, name: str) -> None:
    result = analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}", str(installed / name))
    assert result.returncode == 0, result.stdout


@needs_systemd
@pytest.mark.parametrize(("name", "most"), [("network.conf", MOST_EXPOSED), ("csi-camera.conf", 20)])
def test_a_drop_in_opens_no_more_than_it_says(installed: Path, name: str, most: int) -> None:
    shutil.copy(UNITS / "drop-ins" / name, installed / "edge-matting.service.d" / name)
    verdict = analyze("verify", "--man=no", str(installed / "edge-matting.service"))
    assert (verdict.returncode, verdict.stderr) == (0, "")
    exposed = analyze("security", "--offline=true", f"--threshold={most}", str(installed / "edge-matting.service"))
    assert exposed.returncode == 0, exposed.stdout


def test_what_is_installed_is_read_before_what_opens_something_and_before_the_operators_own() -> None:
    """systemd goes by the names: with PrivateNetwork=yes read last, drop-ins/network.conf opened nothing."""
    installed = re.findall(r"edge-matting\.service\.d/([\w-]+\.conf)", (UNITS.parent / "scripts" / "install").read_text())
    assert {path.name for path in (UNITS / "edge-matting.service.d").iterdir()} <= set(installed)
    later = [path.name for path in (UNITS / "drop-ins").iterdir()] + ["override.conf"]  # of systemctl edit
    assert max(installed) < min(later)


@needs_systemd
def test_the_check_itself_sees_a_wrong_key(installed: Path) -> None:
    unit = installed / SERVICES[0]
    unit.write_text(unit.read_text().replace("WatchdogSec", "WatchDogSeconds"))
    assert "WatchDogSeconds" in analyze("verify", "--man=no", str(unit)).stderr


@pytest.mark.parametrize("name", SERVICES)
def test_the_command_line_of_a_unit_is_understood(tmp_path: Path, name: str) -> None:
    """With a configuration that is wrong, the daemon says so (3); arguments that it does not know end it before that (2)."""
    command = re.search(r"^ExecStart=(.+)$", (UNITS / name).read_text(), re.MULTILINE)
    assert command is not None
    program, *arguments = shlex.split(command.group(1))
    assert program == PROGRAM
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("[nonsense]\n")
    arguments = [str(wrong) if word.endswith(".toml") else word for word in arguments]
    result = subprocess.run([sys.executable, "-m", "edge.cli", *arguments], capture_output=True, text=True, check=False)
    assert result.returncode == 3, result.stderr


def test_the_configuration_that_is_installed_is_right_with_and_without_its_suggestions(tmp_path: Path) -> None:
    text = (UNITS / "edge-matting.toml").read_text()
    for number, variant in enumerate([text, re.sub(r"^# (?=\w+ = )", "", text, flags=re.MULTILINE)]):
        path = tmp_path / f"{number}.toml"
        path.write_text(variant)
        folders = load_config(path).folders
        assert folders.inbox == Path("/srv/edge-matting/inbox")
        assert folders.state == Path("/var/lib/edge-matting")


def test_the_group_reaches_the_status_and_others_do_not() -> None:
    """The status itself is readable by its group (tests/edge/monitoring/test_status.py); so must be the way to it."""
    config = load_config(UNITS / "edge-matting.toml")
    made = re.findall(r"^d (\S+) (\d+) \S+ (\S+)", (UNITS / "tmpfiles.conf").read_text(), re.MULTILINE)
    assert (str(config.status.parent), "0750", "edge-matting") in made
    assert "StateDirectoryMode=0750" in (UNITS / "edge-matting.service.d" / "10-sandbox.conf").read_text()


def test_every_folder_of_the_configuration_is_made_and_may_be_written() -> None:
    folders = load_config(UNITS / "edge-matting.toml").folders
    made = re.findall(r"^d (\S+)", (UNITS / "tmpfiles.conf").read_text(), re.MULTILINE)
    for name in ("inbox", "outbox", "done", "failed", "no_person", "backgrounds", "state"):
        assert str(getattr(folders, name)) in made
    sandbox = (UNITS / "edge-matting.service.d" / "10-sandbox.conf").read_text()
    assert "ReadWritePaths=-/srv/edge-matting\n" in sandbox and "StateDirectory=edge-matting\n" in sandbox


def test_a_buttons_chip_may_be_used_and_its_package_is_installed() -> None:
    assert "DeviceAllow=char-gpiochip rw\n" in (UNITS / "edge-matting.service.d" / "10-sandbox.conf").read_text()
    assert '"edge-matting[button,heif,raw]==$version"' in (UNITS.parent / "scripts" / "install").read_text()
