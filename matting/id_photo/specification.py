"""What a country asks of a document's photo, as the tables in specs/*.toml have it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from matting.backgrounds.colour import Colour, parse_hex
from matting.errors import SettingsError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Crown = Literal["skull", "hair"]
Edited = Literal["refused", "unknown"]
_FOLDER = Path(__file__).parent / "specs"
_DPI = 300
_KEYS = {
    *("country", "document", "size_mm", "head_mm", "eyes_from_bottom_mm", "top_gap_mm", "crown", "background"),
    *("pixels", "kb", "edited", "source", "date", "note"),
}


@dataclass(frozen=True, slots=True)
class Range:
    """Both ends belong to it."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2

    def holds(self, value: float, tolerance: float = 0.0) -> bool:
        return self.low - tolerance <= value <= self.high + tolerance


@dataclass(frozen=True, slots=True)
class Specification:
    """Lengths in mm on the finished photo; None: the rule does not say.

    head: from the chin to the crown, which is the skull's (hair left out) or the hair's. eyes: of the line between the eyes,
    above the lower edge. top_gap: above the crown. pixels: (width, height) where the rule names them. kb: of the file, in
    thousands of bytes. edited: whether photos with a replaced background are known to be refused.
    """

    name: str
    country: str
    document: str
    width: float
    height: float
    background: Colour
    source: str
    date: str
    head: Range | None = None
    eyes: Range | None = None
    top_gap: Range | None = None
    crown: Crown = "skull"
    pixels: tuple[int, int] | None = None
    kb: Range | None = None
    edited: Edited = "unknown"
    note: str = ""

    def size(self, dpi: float | None = None) -> tuple[int, int]:
        """(width, height) in pixels: at that resolution, else as the rule names them, else at 300 dpi."""
        if dpi is None and self.pixels is not None:
            return self.pixels
        scale = (dpi or _DPI) / 25.4
        return round(self.width * scale), round(self.height * scale)

    def dpi(self, dpi: float | None = None) -> float:
        """The resolution that gives that size."""
        if dpi is None and self.pixels is not None:
            return self.pixels[0] / self.width * 25.4
        return dpi or _DPI


@cache
def specifications() -> dict[str, Specification]:
    """All of them, by name, in the files' order.

    Raises:
        SettingsError: a table is wrong, or there twice; the sentence says where.
    """
    found: dict[str, Specification] = {}
    for path in sorted(_FOLDER.glob("*.toml")):
        for name, table in tomllib.loads(path.read_text(encoding="utf-8")).items():
            if name in found:
                raise SettingsError(f"{path.name}: {name} is there twice")
            found[name] = parse_specification(name, table, path.name)
    return found


def find_specification(name: str) -> Specification:
    """
    Raises:
        SettingsError: there is none of that name.
    """
    word = name.strip().lower()
    if word not in specifications():
        raise SettingsError(f"ID photo {name[:100]!r} does not exist: `edge-matting id-photo --list` shows all")
    return specifications()[word]


def parse_specification(name: str, table: dict[str, Any], where: str) -> Specification:
    """One table.

    Raises:
        SettingsError: a key is missing, unknown or of the wrong kind.
    """
    try:
        if unknown := table.keys() - _KEYS:
            raise ValueError(f"unknown key {unknown.pop()}")
        width, height = (float(side) for side in table["size_mm"])
        colour = parse_hex(str(table["background"]))
        crown, edited = table.get("crown", "skull"), table.get("edited", "unknown")
        if colour is None or crown not in get_args(Crown) or edited not in get_args(Edited):
            raise ValueError("background, crown or edited")
        pixels = table.get("pixels")
        return Specification(
            name, str(table["country"]), str(table["document"]), width, height, colour, str(table["source"]),
            str(table["date"]), _range(table, "head_mm"), _range(table, "eyes_from_bottom_mm"), _range(table, "top_gap_mm"),
            crown, None if pixels is None else (int(pixels[0]), int(pixels[1])), _range(table, "kb"), edited,
            str(table.get("note", "")),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise SettingsError(f"{where}: {name} is no specification: {error}") from error


def _range(table: dict[str, Any], key: str) -> Range | None:
    if key not in table:
        return None
    low, high = (float(each) for each in table[key])
    if not 0 <= low <= high:
        raise ValueError(key)
    return Range(low, high)
