"""What names a machine or its owner, taken out of a text that its owner will send to others."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from pathlib import Path

# Where a machine's own numbers and names stand.
_OWN = (
    *("proc/device-tree/serial-number", "proc/device-tree/chosen/ecid", "etc/machine-id", "etc/hostname"),
    *(f"sys/class/dmi/id/{name}" for name in ("product_serial", "board_serial", "chassis_serial", "product_uuid")),
)
_NOBODYS = {"", "localhost", "jetson", "orin", "nvidia", "ubuntu"}  # names that are nobody's own
_MAC = r"\b(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b"
_IPV4 = r"\b\d{1,3}(?:\.\d{1,3}){3}\b"
_IPV6 = (
    r"(?<![\w:.])(?:[0-9A-Fa-f]{1,4}:){2,7}:?(?:[0-9A-Fa-f]{1,4})?(?:%\w+)?(?![\w:])"
    r"|(?<![\w:])(?:[0-9A-Fa-f]{1,4})?::[0-9A-Fa-f:]+(?:%\w+)?"
)
_MAIL = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}\b"  # and not tegrastats' cpu@48.5C
_PATH = r"(?<![\w/])~?(?:/[^\s/\"',;:()]+)+/?"


class Private:
    """Takes out addresses, paths, and this machine's host name and numbers."""

    def __init__(self, root: Path, names: Iterable[str] = ()) -> None:
        """names: more that shall not be told."""
        found = [*names, socket.gethostname(), *(_text(root / name) for name in _OWN)]
        self._words = sorted({word for word in found if word.lower() not in _NOBODYS}, key=len, reverse=True)

    def without(self, text: str) -> str:
        """The text with words such as (path) in place of what is nobody's business."""
        for word in self._words:
            text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", "(this machine)", text, flags=re.IGNORECASE)
        # Times of day look like addresses of the newest kind: those are looked for where a letter or :: makes one.
        for pattern, word in ((_MAC, "address"), (_MAIL, "address"), (_PATH, "path"), (_IPV4, "address")):
            text = re.sub(pattern, f"({word})", text)
        return re.sub(_IPV6, lambda found: "(address)" if re.search("[a-fA-F]|::", found[0]) else found[0], text)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip("\0 \n")
    except OSError:
        return ""
