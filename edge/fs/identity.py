"""What tells one file, and one content of it, from another."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Identity:
    """Tells one content of a path from another: replaced, rewritten or grown files differ in at least one field."""

    inode: int
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> Identity:
        return cls(status.st_ino, status.st_size, status.st_mtime_ns)

    @classmethod
    def parse(cls, text: str) -> Identity:
        """The inverse of `str`."""
        return cls(*(int(part) for part in text.split(":")))

    def __str__(self) -> str:
        return f"{self.inode}:{self.size}:{self.mtime_ns}"

    @classmethod
    def at(cls, path: Path) -> Identity | None:
        """Of the entry itself (links are not followed); None where there is nothing."""
        try:
            return cls.of(path.lstat())
        except (FileNotFoundError, NotADirectoryError):
            return None


def file_id(path: Path) -> tuple[int, int] | None:
    """Device and inode of what lies there, links followed; None where nothing does, or nothing can be looked at."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
