"""Nothing behind the person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from matting.backgrounds.base import Background
from matting.photo import U8, Photo


@dataclass(frozen=True, slots=True)
class NoBackground(Background):
    """The cut-out is transparent, or white where its format cannot be (`matting.composite.backdrop`)."""

    even: ClassVar[bool] = True
    needs_matte: ClassVar[bool] = False

    def behind(self, photo: Photo, alpha: U8) -> U8 | None:
        """See `Background.behind`."""
        return None


def parse_none(text: str) -> NoBackground | None:
    """The word "none"."""
    return NoBackground() if text.lower() == "none" else None
