"""What an operator can ask for, in the words they use: on the command line, in the config, in a folder's profile."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from matting.backgrounds.base import ImageFile
from matting.backgrounds.registry import parse_background
from matting.framing import Framing


@dataclass(frozen=True, slots=True)
class Options:
    """None means: as the preset says, else the product's default. format: a format's own name, no alias of it.

    background: as `matting.backgrounds.registry.parse_background` takes it. framing: for requests over HTTP alone, no key asks
    for it. id_photo: a rule's name, see `matting.id_photo.specification`; of backgrounds only colours and "keep" count beside
    it. avatar: of `AVATARS`. Both bring the preset of their name where no other is asked for. canvas: (width, height) of
    the picture; subject: the share of it that the person fills; shadow: 0..1. A framing goes before these. exif: of `EXIF`.
    check: an ID photo's report is made; sheet: a paper, see `matting.id_photo.sheet.parse_paper`, on which it is laid;
    sheet_format: of `SHEETS`. archive: all that is made in one ZIP; for requests over HTTP alone.
    """

    preset: str | None = None
    background: str | None = None
    format: str | None = None
    mask: bool = False
    alpha_threshold: int | None = None
    erode: int | None = None
    feather: float | None = None
    crop: float | None = None
    to_srgb: bool = False
    exif: str = "drop"
    framing: Framing | None = None
    id_photo: str | None = None
    avatar: str | None = None
    canvas: tuple[int, int] | None = None
    subject: float | None = None
    shadow: float | None = None
    check: bool = False
    sheet: str | None = None
    sheet_format: str = "pdf"
    archive: bool = False

    def overridden(self, other: dict[str, Any]) -> Options:
        """These options with the values of `other` in place of theirs."""
        return replace(self, **other)

    def as_in_the_photo(self) -> Options:
        """These options without what lays the picture out anew: for clients who expect the photo's own frame."""
        return replace(self, crop=None, framing=None, id_photo=None, avatar=None, canvas=None, subject=None, shadow=None)

    @property
    def background_file(self) -> str | None:
        """The image file that the background must be read from, where it is one.

        Raises:
            SettingsError: the background is wrong.
        """
        found = None if self.background is None else parse_background(self.background)
        return found.name if isinstance(found, ImageFile) else None


# The word for the photo's colours -> Options.to_srgb.
COLOURS = {"keep": False, "srgb": True}
EXIF = ("drop", "keep")
SHEETS = ("pdf", "jpeg")
AVATARS = ("square", "round")
NAMES = tuple(field.name for field in fields(Options))
