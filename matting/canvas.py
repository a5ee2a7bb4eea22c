"""A finished cut-out on a canvas of its own: framed as asked for, and only then before its background."""

from __future__ import annotations

import numpy as np

from matting.composite import backdrop, composite
from matting.framing import Framing
from matting.photo import U8, Photo
from matting.placement import placed, placed_photo, placement, within
from matting.settings import Settings
from matting.shadow import with_shadow


def on_canvas(rgba: U8, rgb: U8 | None, icc: bytes | None, framing: Framing, settings: Settings) -> tuple[U8, U8]:
    """The finished pixels (HxWx4, or HxWx3 before a background) and their alpha (HxW).

    rgba: HxWx4 with straight alpha, of the whole photo. rgb: HxWx3, the photo, None where the background does not look at it
    (`Background.needs_matte`). icc: its profile. A picture gets no more pixels than `settings.limits` allow a photo.

    Raises:
        NoPersonFound: nobody is where the framing looks for a person.
    """
    if framing.roi is not None:
        alpha = within(np.ascontiguousarray(rgba[..., 3]), framing.roi)
        rgba = composite(np.ascontiguousarray(rgba[..., :3]), alpha, None)
    height = rgba.shape[0]
    where = placement(rgba[..., 3], framing, settings.limits.pixels)
    rgba = placed(rgba, where)
    alpha = np.ascontiguousarray(rgba[..., 3])
    if framing.shadow and where.source.bottom < height - 1:  # who is cut off below does not stand
        rgba = with_shadow(rgba, framing.shadow)
    # Colours and pictures look at its size and profile only: no memory stands behind these pixels.
    empty = np.broadcast_to(np.zeros(3, np.uint8), (where.height, where.width, 3))
    photo = Photo(empty if rgb is None else placed_photo(rgb, where), icc=icc)
    behind = backdrop(photo, alpha, settings.background, settings.format)
    return (rgba if behind is None else composite(rgba[..., :3], np.ascontiguousarray(rgba[..., 3]), behind)), alpha
