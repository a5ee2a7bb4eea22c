"""Log lines with fields, for systemd's journal: `journalctl -u edge-matting PHOTO=guest.jpg -o verbose`.

Where standard error is the journal (systemd.exec(5), JOURNAL_STREAM), lines go there by its native protocol
(systemd.io/JOURNAL_NATIVE_PROTOCOL); anywhere else they go to standard error, as text with the time.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import socket
import struct
import sys
from collections.abc import Mapping

from edge.fs.names import printable

SOCKET = "/run/systemd/journal/socket"
_PRIORITIES = {logging.CRITICAL: 2, logging.ERROR: 3, logging.WARNING: 4, logging.INFO: 6, logging.DEBUG: 7}
_PATIENCE = 1.0  # seconds for a journal that is busy; after that the line is lost rather than the loop held up
_TEXT = "%(levelname).1s %(message)s"
_TIMED = f"%(asctime)s {_TEXT}"


def set_up_logging(level: str) -> None:
    """Once for each process. level: debug, info, warning or error."""
    handler = JournalHandler(SOCKET) if _is_journal(sys.stderr.fileno()) else logging.StreamHandler()
    handler.setFormatter(_Harmless(_TIMED, "%Y-%m-%d %H:%M:%S"))
    logging.basicConfig(handlers=[handler], level=level.upper())


class _Harmless(logging.Formatter):
    """Lines may quote what strangers sent: nothing in them steers the terminal of whoever reads the log."""

    def format(self, record: logging.LogRecord) -> str:
        return harmless(super().format(record))


def harmless(text: str) -> str:
    """The same, each line of it printable."""
    return "\n".join(map(printable, text.split("\n")))


def _is_journal(descriptor: int) -> bool:
    status = os.fstat(descriptor)
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


class JournalHandler(logging.Handler):
    """A record's `fields` (name -> value, by `extra`) become fields of the journal, beside message, priority and origin."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(_PATIENCE)
        self._plain = logging.StreamHandler()
        self._plain.setFormatter(_Harmless(_TEXT))

    def emit(self, record: logging.LogRecord) -> None:
        """Never raises: what the journal does not take is written as text."""
        try:
            with contextlib.suppress(TimeoutError):
                self._socket.sendto(encoded(_fields(record)), self._address)
        except OSError:  # too long for a datagram, or journald is being restarted
            self._plain.emit(record)

    def close(self) -> None:
        self._socket.close()
        super().close()


def _fields(record: logging.LogRecord) -> dict[str, object]:
    message = record.getMessage()
    if record.exc_info:
        message += "\n" + logging.Formatter().formatException(record.exc_info)
    return {
        "MESSAGE": harmless(message),
        "PRIORITY": _PRIORITIES.get(record.levelno, 5),
        "SYSLOG_IDENTIFIER": "edge-matting",
        "LOGGER": record.name,
        "CODE_FILE": record.pathname,
        "CODE_LINE": record.lineno,
        "CODE_FUNC": record.funcName,
        **getattr(record, "fields", {}),
    }


def encoded(fields: Mapping[str, object]) -> bytes:
    """A datagram. Names are spelt as the journal takes them: capitals, digits, underscores."""
    return b"".join(_encoded(re.sub(r"[^A-Z0-9]", "_", name.upper()), str(value)) for name, value in fields.items())


def _encoded(name: str, value: str) -> bytes:
    data = value.encode("utf-8", "backslashreplace")
    if b"\n" not in data:
        return name.encode() + b"=" + data + b"\n"
    return name.encode() + b"\n" + struct.pack("<Q", len(data)) + data + b"\n"
