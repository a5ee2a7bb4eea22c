"""Metrics as a file, for the textfile collector of Prometheus' node_exporter: no network needed."""

from __future__ import annotations

import logging
from pathlib import Path

from edge.fs.files import write_volatile
from edge.monitoring.metrics import exposition
from edge.monitoring.status import Status

log = logging.getLogger(__name__)

_EVERY = 10.0  # seconds: often enough for those who look, and seldom enough for flash


class TextFile:
    """Everybody may read it, as node_exporter is nobody special."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written: Status | None = None
        self._unwritable = False

    def tell(self, status: Status) -> None:
        """Writes what is new, whole; a folder that cannot be written is told of once."""
        before = self._written
        if before is not None and before.state is status.state and abs(status.updated - before.updated) < _EVERY:
            return
        self._written = status
        try:
            write_volatile(self._path, exposition(status), 0o644)
            self._unwritable = False
        except OSError as error:
            if not self._unwritable:
                advice = "; make its folder" if isinstance(error, FileNotFoundError) else ""
                log.warning("the metrics file %s cannot be written: %s%s", self._path, error.strerror, advice)
            self._unwritable = True

    def close(self) -> None:
        """A service that is gone has no metrics, rather than old ones for ever."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            log.debug("the metrics file %s stays: %s", self._path, error)
