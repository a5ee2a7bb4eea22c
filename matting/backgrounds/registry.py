"""Backgrounds as people write them: the built-in ones, those that plug-ins add, or else the name of an image file."""

from __future__ import annotations

from collections.abc import Callable

from matting.backgrounds.base import Background, ImageFile
from matting.backgrounds.blur import parse_blur
from matting.backgrounds.colour import parse_colour_name, parse_hex
from matting.backgrounds.image import ImageBackground
from matting.backgrounds.keep import parse_keep
from matting.backgrounds.none import parse_none
from matting.errors import SettingsError
from matting.photo import U8

# The background that a text (not empty, no space around it) asks for; None: the text is not of this kind.
Parse = Callable[[str], Background | None]

_parsers: dict[str, Parse] = {}


def register_background(written: str, parse: Parse) -> None:
    """From now on what `parse` understands may be asked for; earlier ones are asked first.

    written: how people write it, for sentences that say what there is: "stripes" or "stripes:#RRGGBB". `parse` raises
    SettingsError for a text that is of its kind and still wrong.

    Raises:
        SettingsError: another one is written so.
    """
    if written in _parsers:
        raise SettingsError(f"there is a background {written!r} already: choose another name")
    _parsers[written] = parse


def background_words(*, besides: tuple[str, ...] = ()) -> str:
    """What may be asked for, as sentences take it up: '"none", "blur", "keep", "#RRGGBB", "white" or a picture file'."""
    words = [f'"{written}"' for written in _parsers if written not in besides]
    return f"{', '.join(words)} or a picture file"


def parse_background(text: str) -> Background | ImageFile:
    """The background that `text` asks for; nothing is read. A file whose name is another background's is "./blur".

    Raises:
        SettingsError: empty, or of a kind that there is and wrong.
    """
    word = text.strip()
    if not word:
        raise SettingsError(f"the background is empty: give {background_words()}")
    for parse in _parsers.values():
        if (found := parse(word)) is not None:
            return found
    return ImageFile(word)


def open_background(text: str, read: Callable[[str], U8]) -> Background:
    """The same, ready for use. read: gives the image (HxWx3 uint8, sRGB) in the file of a name, raising what it raises."""
    found = parse_background(text)
    return ImageBackground(read(found.name)) if isinstance(found, ImageFile) else found


for _written, _parse in (
    ("none", parse_none),
    ("blur", parse_blur),
    ("keep", parse_keep),
    ("#RRGGBB", parse_hex),
    ("white", parse_colour_name),
):
    register_background(_written, _parse)
