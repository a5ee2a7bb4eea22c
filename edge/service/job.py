"""A photo in hand: at the worker, or on the way there."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from edge.intake.source import Input, Source
from edge.ipc.memory_file import create_memory_file


@dataclass(slots=True)
class Job:
    """outputs: the files in memory that the worker fills, by the names of edge/worker/messages.py. beat: when the worker last
    said something of it, in seconds of the monotonic clock; stage: what it then began."""

    source: Source
    photo: Input
    beat: float
    stage: str = "waiting"
    outputs: dict[str, int] = field(default_factory=dict)

    def create_outputs(self, *names: str) -> None:
        for name in names:
            self.outputs[name] = create_memory_file(name)

    def close(self) -> None:
        """Its outputs go; what was delivered was copied."""
        for descriptor in self.outputs.values():
            os.close(descriptor)
        self.outputs.clear()
