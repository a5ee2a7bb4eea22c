"""A photo in hand: at the worker, or on the way there."""

from __future__ import annotations

from dataclasses import dataclass

from edge.delivery.attempts import Attempts
from edge.delivery.outbox import Temporary
from edge.fs.sighting import Sighting


@dataclass(slots=True)
class Job:
    """closed: its writer was seen to close it. outputs: the open files that the worker fills. beat: when the worker last said
    something of it, in seconds of the monotonic clock; stage: what it then began."""

    sighting: Sighting
    closed: bool
    attempts: Attempts
    outputs: list[Temporary]
    beat: float
    stage: str = "waiting"

    def discard(self) -> None:
        """Its outputs go."""
        for output in self.outputs:
            output.discard()
        self.outputs.clear()
