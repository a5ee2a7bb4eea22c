"""All output formats by name: the built-in ones, and those that plug-ins add."""

from __future__ import annotations

from matting.errors import SettingsError
from matting.formats.alpha import ALPHA
from matting.formats.base import Format
from matting.formats.jpeg import JPEG
from matting.formats.png import PNG
from matting.formats.tiff import TIFF
from matting.formats.webp import WEBP
from matting.formats.zip import ZIP

_formats: dict[str, Format] = {}


def register_format(format: Format) -> None:
    """From now on `format` may be asked for.

    Raises:
        SettingsError: another one has its name, or one of its aliases.
    """
    names = (format.name, *format.aliases)
    taken = {name for one in _formats.values() for name in (one.name, *one.aliases)}
    if clash := taken.intersection(names):
        raise SettingsError(f"there is a format {clash.pop()!r} already: choose another name")
    _formats[format.name] = format


def format_names() -> tuple[str, ...]:
    """The formats that there are, without their aliases."""
    return tuple(_formats)


def find_format(name: str) -> Format:
    """The format of that name or alias, in upper or lower case.

    Raises:
        SettingsError: there is none; the sentence says which there are.
    """
    word = name.strip().lower()
    for format in _formats.values():
        if word == format.name or word in format.aliases:
            return format
    raise SettingsError(f"format {name!r} does not exist: choose {', '.join(_formats)}")


for _format in (PNG, WEBP, JPEG, TIFF, ALPHA, ZIP):
    register_format(_format)
