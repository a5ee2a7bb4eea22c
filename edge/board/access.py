"""Who serves, and what that user may do with a file, as the file's owner, group and mode say."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

SERVICE = "edge-matting"
UNIT = Path("etc/systemd/system/edge-matting.service")


@dataclass(frozen=True, slots=True)
class User:
    """groups: names by number, of all that the user is in."""

    name: str
    number: int
    groups: dict[int, str]

    @property
    def ourselves(self) -> bool:
        return self.number == os.geteuid()


def installed(root: Path) -> bool:
    """Whether scripts/install has put the unit there."""
    return (root / UNIT).is_file()


def server(root: Path) -> User:
    """The user that the photos are cut as: the service's where it is installed, else whoever asks."""
    groups = _groups(root)
    for name, _, number, group, *_ in _table(root / "etc/passwd"):
        if name == SERVICE and installed(root):
            own = {int(group): groups.get(int(group), ("", []))[0]}
            return User(name, int(number), own | {key: word for key, (word, members) in groups.items() if name in members})
    ours = {*os.getgroups(), os.getegid()}
    name = next((entry[0] for entry in _table(root / "etc/passwd") if entry[2] == str(os.geteuid())), str(os.geteuid()))
    return User(name, os.geteuid(), {key: groups[key][0] if key in groups else str(key) for key in ours})


def known_groups(root: Path) -> set[str]:
    """All groups of the machine."""
    return {name for name, _ in _groups(root).values()}


def may(user: User, path: Path, wanted: int) -> bool:
    """wanted: of os.R_OK, os.W_OK, os.X_OK. Of another user's rights beyond owner, group and mode (ACLs) nothing is known.

    Raises:
        OSError: there is no such file, or we may not look at it.
    """
    if user.ourselves:
        return os.access(path, wanted)
    status = path.stat()
    if user.number == status.st_uid:
        allowed = status.st_mode >> 6
    else:
        allowed = status.st_mode >> 3 if status.st_gid in user.groups else status.st_mode
    return user.number == 0 or allowed & wanted == wanted


def owner(root: Path, path: Path) -> str:
    """As `ls -l` tells it: user:group and mode."""
    status = path.stat()
    users = {entry[2]: entry[0] for entry in _table(root / "etc/passwd")}
    group = _groups(root).get(status.st_gid, (str(status.st_gid), []))[0]
    return f"{users.get(str(status.st_uid), status.st_uid)}:{group} {stat.filemode(status.st_mode)}"


def _groups(root: Path) -> dict[int, tuple[str, list[str]]]:
    return {int(entry[2]): (entry[0], entry[3].split(",")) for entry in _table(root / "etc/group")}


def _table(path: Path) -> list[list[str]]:
    """The lines of passwd(5) or group(5); users from a directory service are not among them."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [line.split(":") for line in lines if line.count(":") >= 3]
