"""Options, the operator's words -> Settings, what the matting needs."""

from __future__ import annotations

from collections.abc import Callable

from edge.config.options import Options
from matting.photo import U8, Limits, Settings
from matting.presets import parse_background, settings_from


def settings_for(options: Options, picture: Callable[[], U8], limits: Limits) -> Settings:
    """The settings that `options` ask for; `picture` gives the background's pixels (HxWx3 sRGB) where that is a file.

    Raises:
        SettingsError: a preset, colour or number that does not exist.
    """
    background = options.background
    return settings_from(
        options.preset,
        alpha_threshold=options.alpha_threshold,
        erode=options.erode,
        feather=options.feather,
        background=None if background is None else parse_background(background, lambda _: picture()),
        format=options.format,
        mask=options.mask,
        crop=options.crop,
        to_srgb=options.to_srgb,
        limits=limits,
    )
