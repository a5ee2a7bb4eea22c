"""For the doctor: whether the hooks can be told of anything."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from edge.board.access import UNIT, installed, may
from edge.monitoring.finding import Finding
from edge.monitoring.target import Target

_OPEN = re.compile(r"^\s*PrivateNetwork\s*=\s*(no|false|off|0)\s*$", re.MULTILINE | re.IGNORECASE)


def check_hooks(who: Target) -> Iterator[Finding]:
    """The program is there for the service's user, and the unit lets the address be reached."""
    options = who.config.hooks
    faults = []
    if options.command and (fault := _fault(who, Path(options.command[0]))):
        faults.append(fault)
    if options.url is not None and installed(who.root) and not _has_network(who.root):
        todo = "install systemd/drop-ins/network.conf, with the receiver's address"
        faults.append(Finding("hooks", "warning", "hooks.url cannot be reached: the unit has no network", todo))
    yield from faults
    if not faults:
        named = [] if options.url is None else ["hooks.url"]
        named += [f"hooks.command {program}" for program in options.command[:1]]
        yield Finding("hooks", "ok", "; ".join(named) or "none is configured")


def _fault(who: Target, program: Path) -> Finding | None:
    try:
        if not program.is_file():
            return Finding(
                "hooks", "warning", f"hooks.command: {program} is not there", "install it, or correct hooks.command"
            )
        allowed = may(who.user, program, os.X_OK)
    except OSError as error:
        said = f"hooks.command: {program} cannot be looked at ({error.strerror})"
        return Finding("hooks", "warning", said, "ask again as root")
    if allowed:
        return None
    said = f"hooks.command: {who.user.name} may not run {program}"
    return Finding("hooks", "warning", said, f"sudo chmod a+rx {program}")


def _has_network(root: Path) -> bool:
    """Whether one of the unit's drop-ins opens it."""
    folder = root / f"{UNIT}.d"
    return any(_OPEN.search(path.read_text(errors="replace")) for path in folder.glob("*.conf"))
