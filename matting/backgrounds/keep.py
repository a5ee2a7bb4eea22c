"""The photo's own background, as it is."""

from __future__ import annotations

from dataclasses import dataclass

from matting.backgrounds.base import Background
from matting.photo import U8, Photo


@dataclass(frozen=True, slots=True)
class Keep(Background):
    """For ID photos, where offices refuse a new background, and for crops."""

    def behind(self, photo: Photo, alpha: U8) -> U8 | None:
        """See `Background.behind`."""
        return photo.rgb


def parse_keep(text: str) -> Keep | None:
    """The word "keep"."""
    return Keep() if text.lower() == "keep" else None
