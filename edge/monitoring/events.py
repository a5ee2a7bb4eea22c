"""What happens, as it happens: the service's state, and each photo's way. For whoever cannot wait for the next status."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["state", "taken", "cut", "failed", "no-person"]


@dataclass(frozen=True, slots=True)
class Event:
    """taken: a camera's picture lies in the inbox; the last three: what became of a photo.

    name: the photo's, as the log has it, or the state's. reason: "" where there is none. output: the cut-out's name, for
    "cut". at: seconds since 1970.
    """

    kind: Kind
    name: str
    reason: str = ""
    output: str = ""
    at: float = 0.0


class Events:
    """Passes each on to those who listen, on the loop's thread."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[Event], None]] = []

    def listen(self, listener: Callable[[Event], None]) -> None:
        """From now on it hears each event, and must return at once."""
        self._listeners.append(listener)

    def tell(self, kind: Kind, name: str, reason: str = "", output: str = "") -> None:
        event = Event(kind, name, reason, output, time.time())
        for listener in self._listeners:
            listener(event)
