"""What live video shows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LiveFrame:
    """A JPEG to show; number counts them."""

    number: int
    jpeg: bytes
