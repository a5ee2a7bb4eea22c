"""What live video shows; apart from its server, so that who makes and keeps pictures needs no asyncio."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LiveFrame:
    """A JPEG to show; number counts them."""

    number: int
    jpeg: bytes
