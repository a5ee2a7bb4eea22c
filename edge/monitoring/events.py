"""What happens, as it happens: the service's state, and each photo's way. For whoever cannot wait for the next status."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from matting.photo import Box

Kind = Literal["state", "taken", "cut", "failed", "no-person"]


@dataclass(frozen=True, slots=True)
class CutFacts:
    """What is known of a cut. coverage: share of the photo that the person takes, 0..1; size: width and height of the
    output in pixels; stage_ms: milliseconds by stage; foreground: where in the output the person can be seen, None where that
    was not asked for; engine: what ran the network, for people."""

    coverage: float
    size: tuple[int, int]
    stage_ms: Mapping[str, float]
    foreground: Box | None = None
    engine: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """taken: a camera's picture lies in the inbox; the last three: what became of a photo.

    name: the photo's, as the log has it, or the state's. reason: "" where there is none. output: for "cut", where the cut-out
    lies within the outbox, or who has it. at: seconds since 1970. error: for "failed" and "no-person", the class's name of
    `matting.errors`. facts: for "cut". private: the photo is a request's, and nobody else's.
    """

    kind: Kind
    name: str
    reason: str = ""
    output: str = ""
    at: float = 0.0
    error: str = ""
    facts: CutFacts | None = None
    private: bool = False


class Events:
    """Passes each on to those who listen, on the loop's thread."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[Event], None]] = []

    def listen(self, listener: Callable[[Event], None]) -> None:
        """From now on it hears each event, and must return at once."""
        self._listeners.append(listener)

    def tell(
        self,
        kind: Kind,
        name: str,
        reason: str = "",
        output: str = "",
        *,
        error: str = "",
        facts: CutFacts | None = None,
        private: bool = False,
    ) -> None:
        event = Event(kind, name, reason, output, time.time(), error, facts, private)
        for listener in self._listeners:
            listener(event)
