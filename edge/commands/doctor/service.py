"""The service: its user, its model, its folders and their disks, its systemd unit."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from edge.board.access import User, may, owner
from edge.monitoring.finding import Finding, Level
from edge.monitoring.target import Target
from edge.service.run import roots
from matting.errors import ModelError
from matting.model import default_model_dir, load_model

_MB, _GB = 1e6, 1e9
_LEAST, _LITTLE = 100 * _MB, 1 * _GB
_USE = os.R_OK | os.W_OK | os.X_OK
_UNIT = "edge-matting.service"
# Exit codes of ours, as edge/commands/README.md has them, and systemd's own.
_ENDED = {
    "2": "wrong arguments",
    "3": "wrong configuration",
    "20": "model missing or altered",
    "30": "folders cannot be written",
    "200": "its working directory is missing",
    "203": "the program is missing: install it again",
    "217": "its user is missing: install it again",
}
_ASKED = ("LoadState", "ActiveState", "SubState", "Result", "ExecMainStatus", "NRestarts", "UnitFileState", "StatusText")


def check_model(who: Target) -> Iterator[Finding]:
    """Every form of the weights against the length and sha256 in its description."""
    try:
        model = load_model(who.config.model or default_model_dir())
        forms = [form for form in model.files if model.file(form)]
    except ModelError as error:
        said, _, todo = str(error).rpartition(": ")
        yield Finding("model", "problem", said, todo)
        return
    yield Finding("model", "ok", f"{model.name} {model.version}: {', '.join(forms)} as published")


def check_folders(who: Target) -> Iterator[Finding]:
    """Whether the service's user may use them, and which lie on other disks."""
    folders = roots(who.config.folders)
    faults = [fault for folder in folders if (fault := _fault(who, folder))]
    yield from faults
    if faults:
        return
    base = os.path.commonpath(folders)
    missing = [folder.name for folder in folders if not folder.exists()]
    made = f"; {', '.join(missing)} will be made" if missing else ""
    apart = sorted({folder.name for folder in folders if _disk(folder) != _disk(who.config.folders.inbox)})
    moved = f"; on another disk than the inbox: {', '.join(apart)}" if apart else ""
    yield Finding("folders", "ok", f"{who.user.name} may use all {len(folders)} under {base}{made}{moved}")


def check_disk(who: Target) -> Iterator[Finding]:
    """Room where files are written, each disk once."""
    disks = {_disk(folder): _standing(folder) for folder in reversed(roots(who.config.folders))}
    for folder in disks.values():
        free = shutil.disk_usage(folder).free
        said = f"{free / _GB:.1f} GB free" if free >= _GB else f"{free / _MB:.0f} MB free"
        level: Level = "problem" if free < _LEAST else "warning" if free < _LITTLE else "ok"
        yield Finding("disk", level, f"{said} at {folder}", "" if level == "ok" else "empty done and outbox, or add a disk")


def check_unit(who: Target) -> Iterator[Finding]:
    """What systemd says of the unit."""
    told = _systemd()
    if told is None:
        yield Finding("unit", "ok", "no systemd runs here: start it by hand, edge-matting run")
    elif told["LoadState"] == "not-found":
        yield Finding("unit", "ok", "not installed as a service", "if it shall be one: sudo ./scripts/install")
    elif told["ActiveState"] == "failed" or told["SubState"] == "auto-restart":
        yield Finding("unit", "problem", _why_failed(told), f"journalctl -u {_UNIT} -n 50 says more")
    elif told["ActiveState"] != "active":
        yield Finding("unit", "problem", f"it is {told['ActiveState']}", f"sudo systemctl start {_UNIT}")
    elif told["UnitFileState"] not in ("enabled", "enabled-runtime", "static"):
        yield Finding("unit", "warning", "active, but it will not start at boot", f"sudo systemctl enable {_UNIT}")
    else:
        yield Finding("unit", "ok", f"active, starts at boot: {told['StatusText'] or 'it has said nothing yet'}")


def _fault(who: Target, folder: Path) -> Finding | None:
    """Why the user cannot use it, or make it."""
    standing = _standing(folder)
    missing = "" if standing == folder else f", which is missing, in {standing}"
    if not standing.is_dir():
        return Finding("folders", "problem", f"{standing} is not a folder", "move that file away")
    if os.statvfs(standing).f_flag & os.ST_RDONLY:
        return Finding(
            "folders", "problem", f"{folder} lies on a disk that is read-only", f"sudo mount -o remount,rw {standing}"
        )
    try:
        allowed = may(who.user, standing, _USE)
    except OSError as error:
        return Finding("folders", "warning", f"{standing} cannot be looked at ({error.strerror})", "ask again as root")
    if allowed:
        return None
    said = f"{who.user.name} may not {'make' if missing else 'use'} {folder}{missing} ({owner(who.root, standing)})"
    return Finding("folders", "problem", said, f"sudo install -d -o {who.user.name} -g {_group(who.user)} {folder}")


def _group(user: User) -> str:
    return next(iter(user.groups.values()), user.name)


def _standing(folder: Path) -> Path:
    """The folder, or the nearest above it that there is."""
    return next(each for each in (folder, *folder.parents) if each.exists())


def _disk(folder: Path) -> int:
    return _standing(folder).stat().st_dev


def _systemd() -> dict[str, str] | None:
    """The unit's properties; None where systemd does not run."""
    try:
        command = ["systemctl", "show", _UNIT, f"--property={','.join(_ASKED)}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    told = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    return None if done.returncode or not told else {**dict.fromkeys(_ASKED, ""), **told}


def _why_failed(told: dict[str, str]) -> str:
    again = f", started {told['NRestarts']} times again" if told["NRestarts"] not in ("", "0") else ""
    if told["Result"] != "exit-code":
        return f"it failed: {told['Result']}{again}"
    code = told["ExecMainStatus"]
    return f"it ended with code {code}{f' ({_ENDED[code]})' if code in _ENDED else ''}{again}"
