"""A folder in which every touched file takes a picture: for remote controls and scripts that know nothing but files."""

from __future__ import annotations

import os
from pathlib import Path


class TriggerFolder:
    """Files that were there before count as seen. A folder that is missing has nothing touched in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen = self._touches()

    def touched(self) -> bool:
        """Whether a file appeared or was touched since the last call; several at once count as one."""
        before, self._seen = self._seen, self._touches()
        return not self._seen <= before

    def _touches(self) -> frozenset[tuple[str, int]]:
        """Names with the times (ns) of their last change: whichever way the clock was set meanwhile, a touch is a new one."""
        found: set[tuple[str, int]] = set()
        try:
            with os.scandir(self._folder) as entries:
                for entry in entries:
                    found.add((entry.name, entry.stat(follow_symlinks=False).st_mtime_ns))
        except OSError:  # no such folder (yet), or a file that was just removed: the next look tells
            return frozenset(found)
        return frozenset(found)
