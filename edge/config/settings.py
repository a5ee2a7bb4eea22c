"""Options, the operator's words -> Settings, what the matting needs."""

from __future__ import annotations

from collections.abc import Callable

from edge.config.options import Options
from matting.avatar import Avatar
from matting.backgrounds.base import Background
from matting.backgrounds.colour import Colour
from matting.backgrounds.keep import Keep
from matting.backgrounds.registry import open_background
from matting.face.shipped import shipped_faces
from matting.formats.base import Format
from matting.formats.registry import find_format
from matting.formats.zip import ZIP
from matting.framing import Framing
from matting.id_photo.beside import Beside, Print, check_room
from matting.id_photo.portrait import Wish
from matting.id_photo.sheet import parse_paper
from matting.id_photo.specification import find_specification
from matting.photo import U8, Limits
from matting.presets import settings_from
from matting.settings import Settings


def output_format(options: Options) -> Format:
    """The file format of the output that `options` ask for.

    Raises:
        SettingsError: a preset or format that does not exist.
    """
    format = None if options.format is None else find_format(options.format)
    return settings_from(_preset(options), format=format).format


def beside(options: Options) -> Beside:
    """What is made beside the cut-out that `options` ask for: of an ID photo alone.

    Raises:
        SettingsError: a paper that does not exist.
    """
    if options.id_photo is None:
        return Beside()
    sheet = None if options.sheet is None else Print(parse_paper(options.sheet), jpeg=options.sheet_format == "jpeg")
    return Beside(options.check, sheet)


def output_suffix(options: Options) -> str:
    """Of the file that `options` ask for, ".png". Raises what `output_format` does."""
    suffix = output_format(options).suffix
    return ZIP.suffix if options.archive else suffix


def settings_for(options: Options, image: Callable[[], U8], limits: Limits) -> Settings:
    """The settings that `options` ask for; `image` gives the background's pixels (HxWx3 sRGB) where that is a file.

    Raises:
        SettingsError: a preset, format, colour or number that does not exist.
    """
    wanted = beside(options)
    check_room(wanted, limits.pixels)
    background = None if options.background is None else open_background(options.background, lambda _: image())
    return settings_from(
        _preset(options),
        alpha_threshold=options.alpha_threshold,
        erode=options.erode,
        feather=options.feather,
        background=background,
        format=None if options.format is None else find_format(options.format),
        mask=options.mask,
        crop=options.crop,
        to_srgb=options.to_srgb,
        framing=options.framing or _framing(options),
        id_photos=() if options.id_photo is None else (_wish(options.id_photo, background),),
        beside=wanted,
        avatar=None if options.avatar is None else Avatar(options.avatar == "round", shipped_faces),
        keep_exif=options.exif == "keep",
        limits=limits,
    )


def _framing(options: Options) -> Framing | None:
    if options.canvas is None and options.subject is None and not options.shadow:
        return None
    return Framing(scale=options.subject, canvas=options.canvas, shadow=options.shadow or 0.0)


def _preset(options: Options) -> str | None:
    brought = "id-photo" if options.id_photo is not None else "avatar" if options.avatar is not None else None
    return options.preset or brought


def _wish(name: str, background: Background | None) -> Wish:
    """Pictures and blur, which the service's settings may ask for, are no background of an ID photo: the rule's own counts."""
    colour = background if isinstance(background, Colour) else None
    return Wish(find_specification(name), shipped_faces, colour, keep=isinstance(background, Keep))
