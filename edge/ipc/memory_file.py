"""Files in memory that a child writes and that, once sealed, nobody can change any more, whatever the child kept of them."""

from __future__ import annotations

import fcntl
import os

_SEALS = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL


def create_memory_file(name: str) -> int:
    """A descriptor of a new empty file. name: for /proc alone."""
    return os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)


def seal(descriptor: int) -> None:
    """From now on the file's bytes stay as they are (memfd_create(2), fcntl(2)).

    Raises:
        OSError: whoever it was lent to still has it mapped for writing, or has sealed it in a way of their own.
    """
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SEALS)
