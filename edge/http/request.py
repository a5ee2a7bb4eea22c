"""A request over HTTP as the supervisor knows it, from its headers on."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from edge.config.options import Options
from edge.delivery.attempts import Attempts


@dataclass(slots=True)
class HttpRequest:
    """files: those that the server fills, each with `size` bytes at most, None where its body's length is not known.
    options: None until it has. path: for the log and the loop, one of a kind."""

    number: int
    path: PurePosixPath
    until: float
    size: int | None
    files: dict[str, int] = field(default_factory=dict)
    options: Options | None = None
    own_background: bool = False
    attempts: Attempts = field(default_factory=Attempts)

    @property
    def too_full(self) -> bool:
        """Whether more was written than was announced: it could be as much as all memory holds."""
        return self.size is not None and any(os.fstat(file).st_size > self.size for file in self.files.values())

    def close(self) -> None:
        for descriptor in self.files.values():
            os.close(descriptor)
        self.files.clear()
