"""Options, the operator's words -> Settings, what the matting needs."""

from __future__ import annotations

from collections.abc import Callable

from edge.config.options import Options
from matting.backgrounds.registry import open_background
from matting.formats.base import Format
from matting.formats.registry import find_format
from matting.photo import U8, Limits
from matting.presets import settings_from
from matting.settings import Settings


def output_format(options: Options) -> Format:
    """The file format of the output that `options` ask for.

    Raises:
        SettingsError: a preset or format that does not exist.
    """
    format = None if options.format is None else find_format(options.format)
    return settings_from(options.preset, format=format).format


def settings_for(options: Options, image: Callable[[], U8], limits: Limits) -> Settings:
    """The settings that `options` ask for; `image` gives the background's pixels (HxWx3 sRGB) where that is a file.

    Raises:
        SettingsError: a preset, format, colour or number that does not exist.
    """
    background = options.background
    return settings_from(
        options.preset,
        alpha_threshold=options.alpha_threshold,
        erode=options.erode,
        feather=options.feather,
        background=None if background is None else open_background(background, lambda _: image()),
        format=None if options.format is None else find_format(options.format),
        mask=options.mask,
        crop=options.crop,
        to_srgb=options.to_srgb,
        framing=options.framing,
        limits=limits,
    )
