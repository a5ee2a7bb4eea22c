"""The hot folders: where those lie that the file does not name, and which must not be the same or within each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edge.config.types import HotFolders

# Where a folder lies that is not named: beside which other one (None: in the config file's own folder), under what name.
PLACES: dict[str, tuple[str | None, str]] = {
    "inbox": (None, "inbox"),
    "outbox": (None, "outbox"),
    "done": (None, "done"),
    "failed": (None, "failed"),
    "no_person": ("failed", "no-person"),
    "backgrounds": ("inbox", "backgrounds"),
    "state": ("inbox", ".edge-matting"),
}


def hot_folders(values: dict[str, Any], base: Path) -> HotFolders:
    """The folders of the section [hotfolder]; base: the folder of the config file."""
    found: dict[str, Any] = {}
    for key, (neighbour, name) in PLACES.items():
        beside = base if neighbour is None else found[neighbour].parent
        found[key] = base / Path(values[key]).expanduser() if key in values else beside / name
    return HotFolders(**found, **{key: value for key, value in values.items() if key not in PLACES})


def place(key: str) -> str:
    """Where the folder of that key lies while it is not named, in words."""
    neighbour, name = PLACES[key]
    return f"`{name}` beside {'the configuration file' if neighbour is None else f'`{neighbour}`'}"


def clashes(folders: HotFolders) -> list[tuple[str, str]]:
    """Folders that would feed the service its own output, or ruin originals: the key, and what is wrong with it."""
    inbox = folders.inbox.resolve()
    others = {name: getattr(folders, name).resolve() for name in ("outbox", "done", "failed", "no_person", "state")}
    problems = []
    for name, folder in others.items():
        if folder == inbox:
            problems.append((name, f"hotfolder.{name} is the inbox itself: outputs would be cut again, choose another folder"))
        elif inbox in folder.parents:
            problems.append((name, f"hotfolder.{name} lies inside the inbox: it would be cut again, choose a folder outside"))
        elif folder in inbox.parents:
            problems.append((name, f"hotfolder.{name} contains the inbox: choose folders that lie side by side"))
    names = list(others)
    for index, first in enumerate(names):
        for second in names[index + 1 :]:
            if others[first] == others[second]:
                problems.append((second, f"hotfolder.{first} and hotfolder.{second} are the same folder: choose two"))
    return problems
