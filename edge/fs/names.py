"""File names: which ones the hot folder leaves alone, how outputs are called, how a name is shown."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

PROFILE = "edge-matting.toml"
SNAP = "snap"  # the sub-folder of the inbox whose photos go before all others: somebody stands there and waits
_IGNORED = {"thumbs.db", "ehthumbs.db", "desktop.ini", "@eadir", "#recycle", "$recycle.bin", "lost+found", PROFILE}
_IGNORED_SUFFIXES = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".download", ".filepart", ".swp", "~")
_LONGEST, _LONGEST_SUFFIX = 255, 20
# What file systems answer to a name that they cannot hold (vfat and SMB refuse ':' or invalid UTF-8).
NAME_ERRORS = frozenset({errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ})


def is_ignored(name: str) -> bool:
    """Temporary and system names, dot-files and dot-folders: neither inputs nor worth a word."""
    lower = name.lower()
    return name.startswith((".", "~$")) or lower in _IGNORED or lower.endswith(_IGNORED_SUFFIXES)


def is_urgent(path: PurePosixPath) -> bool:
    """Whether an input, by its path within the inbox, goes before a backlog."""
    return len(path.parts) > 1 and path.parts[0] == SNAP


def printable(path: str | PurePosixPath) -> str:
    """For logs and messages: one line, valid UTF-8, control characters and undecodable bytes escaped."""
    text = str(path).encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def split(name: str) -> tuple[str, str]:
    """A name's stem and suffix. What is too long to be one is no suffix: behind it nothing more would fit into a name."""
    path = PurePosixPath(name)
    return (path.stem, path.suffix) if len(os.fsencode(path.suffix)) <= _LONGEST_SUFFIX else (name, "")


def fitted(stem: str, suffix: str, longest: int = _LONGEST) -> str:
    """stem + suffix within so many bytes; a stem that must be cut ends in a hash of the whole, so that two stay two."""
    if len(os.fsencode(stem + suffix)) <= longest:
        return stem + suffix
    raw = os.fsencode(stem)
    mark = "~" + hashlib.sha256(raw).hexdigest()[:8]
    kept = raw[: longest - len(os.fsencode(suffix)) - len(mark)]
    while kept and kept[-1] & 0xC0 == 0x80:  # never end inside a UTF-8 character
        kept = kept[:-1]
    return os.fsdecode(kept[:-1] if kept and kept[-1] & 0x80 else kept) + mark + suffix


def portable(name: str) -> str:
    """A name that every file system holds: letters, digits, dot, dash, underscore; the rest as %XX, shortened."""
    raw = os.fsencode(name)
    safe = "".join(chr(b) if (chr(b).isalnum() and b < 128) or b in b".-_" else f"%{b:02X}" for b in raw)
    return safe if len(safe) <= 120 else safe[:100] + "~" + hashlib.sha256(raw).hexdigest()[:8]


def free_names(stem: str, targets: Sequence[tuple[Path, str]]) -> list[Path]:
    """Paths folder/stem+suffix, one for each (folder, suffix) of `targets`, none of which exists yet.

    All bear the same number where one is needed: stem, stem-2, stem-3 and so on.

    Raises:
        OSError: a folder cannot be looked into, or cannot hold such a name (errno in NAME_ERRORS).
    """

    def paths(number: int) -> list[Path]:
        numbered = stem if number == 1 else f"{stem}-{number}"
        return [folder / fitted(numbered, suffix) for folder, suffix in targets]

    return paths(_first_free(lambda number: any(_exists(path) for path in paths(number))))


def _first_free(taken: Callable[[int], bool]) -> int:
    """A number that is free while the one before it is taken, in few looks: a booth may call 10,000 photos alike."""
    high = 1
    while taken(high):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if taken(middle) else (low, middle)
    return high


def _exists(path: Path) -> bool:
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    return True
