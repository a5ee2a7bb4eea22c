"""The four recipes, and settings made of a recipe and the values that override it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from matting.avatar import Avatar
from matting.backgrounds.base import Background
from matting.backgrounds.colour import WHITE
from matting.backgrounds.none import NoBackground
from matting.controls import checked
from matting.errors import SettingsError
from matting.formats.base import Format
from matting.formats.jpeg import JPEG
from matting.formats.png import PNG
from matting.framing import Framing
from matting.id_photo.beside import Beside
from matting.id_photo.portrait import Wish
from matting.photo import Controls, Limits
from matting.settings import Settings


@dataclass(frozen=True, slots=True, eq=False)
class Preset:
    """What a recipe fixes."""

    controls: Controls
    background: Background = field(default_factory=NoBackground)
    format: Format = PNG


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "id-photo": Preset(Controls(20, 2, 1.0), WHITE, JPEG),
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
    framing: Framing | None = None,
    id_photos: tuple[Wish, ...] = (),
    beside: Beside | None = None,
    avatar: Avatar | None = None,
    keep_exif: bool = False,
    limits: Limits | None = None,
) -> Settings:
    """Settings of a recipe (or of none: an untouched matte, transparent PNG), overridden by each value that is given.

    Raises:
        SettingsError: no such preset, or a value out of its range.
    """
    base = _preset(preset)
    controls = Controls(
        threshold=base.controls.threshold if alpha_threshold is None else alpha_threshold,
        erode=base.controls.erode if erode is None else erode,
        feather=base.controls.feather if feather is None else feather,
    )
    if crop is not None and not 0 <= crop <= 10:
        raise SettingsError(f"crop margin {crop} is out of range: 0 to 10 times the subject's larger side")
    return Settings(
        controls=checked(controls),
        background=background or base.background,
        format=format or base.format,
        mask=mask,
        crop=crop,
        to_srgb=to_srgb,
        framing=framing,
        id_photos=id_photos,
        beside=beside or Beside(),
        avatar=avatar,
        keep_exif=keep_exif,
        limits=limits or Limits(),
    )


def _preset(name: str | None) -> Preset:
    if name is None:
        return Preset(Controls())
    if name not in PRESETS:
        raise SettingsError(f"preset {name!r} does not exist: choose {', '.join(PRESETS)}")
    return PRESETS[name]
