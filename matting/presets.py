"""The four recipes, and settings made of a recipe and the values that override it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from matting.controls import checked
from matting.errors import SettingsError
from matting.photo import FORMATS, U8, Background, Controls, Format, Limits, Settings


@dataclass(frozen=True, slots=True, eq=False)
class Preset:
    """What a recipe fixes."""

    controls: Controls
    background: Background = field(default_factory=Background)
    format: Format = "png"


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "id-photo": Preset(Controls(20, 2, 1.0), Background("colour", (255, 255, 255)), "jpeg"),
        "e-commerce": Preset(Controls(10, 1, 1.0)),
        "avatar": Preset(Controls(10, 0, 1.0)),
        "complex": Preset(Controls(25, 2, 1.0)),
    }
)


def settings_from(
    preset: str | None = None,
    *,
    alpha_threshold: int | None = None,
    erode: int | None = None,
    feather: float | None = None,
    background: Background | None = None,
    format: Format | None = None,
    mask: bool = False,
    crop: float | None = None,
    to_srgb: bool = False,
    limits: Limits | None = None,
) -> Settings:
    """Settings of a recipe (or of none: an untouched matte, transparent PNG), overridden by each value that is given.

    Raises:
        SettingsError: no such preset or format, or a value out of its range.
    """
    base = _preset(preset)
    controls = Controls(
        threshold=base.controls.threshold if alpha_threshold is None else alpha_threshold,
        erode=base.controls.erode if erode is None else erode,
        feather=base.controls.feather if feather is None else feather,
    )
    if format is not None and format not in FORMATS:
        raise SettingsError(f"format {format!r} does not exist: choose {', '.join(FORMATS)}")
    if crop is not None and not 0 <= crop <= 10:
        raise SettingsError(f"crop margin {crop} is out of range: 0 to 10 times the subject's larger side")
    return Settings(
        controls=checked(controls),
        background=background or base.background,
        format=format or base.format,
        mask=mask,
        crop=crop,
        to_srgb=to_srgb,
        limits=limits or Limits(),
    )


def parse_background(text: str, read: Callable[[str], U8]) -> Background:
    """A background as people write it: "none", "blur", "#RRGGBB", "#RGB", or else the name of a picture.

    read: gives the picture (HxWx3 uint8, sRGB) of that name, raising whatever it raises.

    Raises:
        SettingsError: empty, or a # that is no colour.
    """
    word = text.strip()
    if word.lower() == "none":
        return Background("none")
    if word.lower() == "blur":
        return Background("blur")
    if word.startswith("#"):
        return Background("colour", _colour(word))
    if not word:
        raise SettingsError("the background is empty: give none, blur, a colour such as #FFFFFF, or a picture file")
    return Background("picture", picture=read(word))


def _preset(name: str | None) -> Preset:
    if name is None:
        return Preset(Controls())
    if name not in PRESETS:
        raise SettingsError(f"preset {name!r} does not exist: choose {', '.join(PRESETS)}")
    return PRESETS[name]


def _colour(text: str) -> tuple[int, int, int]:
    digits = text[1:]
    if re.fullmatch(r"[0-9a-fA-F]{3}", digits):
        digits = "".join(digit * 2 for digit in digits)
    if not re.fullmatch(r"[0-9a-fA-F]{6}", digits):
        raise SettingsError(f"{text!r} is not a colour: write #RRGGBB or #RGB, such as #FFFFFF")
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)
