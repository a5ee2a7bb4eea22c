"""How much memory a process has in use, from /proc (Linux)."""

from __future__ import annotations

import os
from pathlib import Path


def rss_bytes(pid: int | None = None) -> int:
    """Resident bytes of the process, of this one without a `pid`; 0 where it ended or may not be looked at."""
    try:
        pages = Path(f"/proc/{pid or 'self'}/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
