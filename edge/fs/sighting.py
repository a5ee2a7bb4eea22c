"""A look at a file that lies in a folder of inputs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from edge.fs.identity import Identity


@dataclass(frozen=True, slots=True)
class Sighting:
    """One look at a file: its path below the inbox and its identity."""

    path: PurePosixPath
    identity: Identity
