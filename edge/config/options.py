"""What an operator can ask for, in the words they use: on the command line, in the config, in a folder's profile."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from matting.photo import Format


@dataclass(frozen=True, slots=True)
class Options:
    """None means: as the preset says, else the product's default. background: none | blur | #RRGGBB | a file."""

    preset: str | None = None
    background: str | None = None
    format: Format | None = None
    mask: bool = False
    alpha_threshold: int | None = None
    erode: int | None = None
    feather: float | None = None
    crop: float | None = None
    to_srgb: bool = False

    def overridden(self, other: dict[str, Any]) -> Options:
        """These options with the values of `other` in place of theirs."""
        return Options(**{**asdict(self), **other})

    @property
    def picture(self) -> str | None:
        """The background where it is a picture, which must be read from a file."""
        word = (self.background or "none").strip()
        return None if word.lower() in ("none", "blur") or word.startswith("#") else word


# The word for the photo's colours -> Options.to_srgb.
COLOURS = {"keep": False, "srgb": True}
NAMES = tuple(field.name for field in fields(Options))
