"""Pictures that are made by the face, out of a finished cut-out: ID photos and avatars."""

from __future__ import annotations

from dataclasses import replace

from matting.avatar import make_avatar
from matting.id_photo.picture import CutOutPart
from matting.id_photo.portrait import IdPhoto, make_each
from matting.pixel_work import Pixels
from matting.settings import Settings


def made_by_face(cut_out: CutOutPart, whole: Pixels, settings: Settings) -> Pixels:
    """cut_out: gives the cut-out of a part of the photo; whole: the photo itself, HxWx3, and its matte.

    Raises:
        NoFaceFound: of an avatar. ModelError, EngineError: of the face networks.
    """
    if settings.id_photos:
        each = make_each(cut_out, whole.alpha, whole.pixels, whole.icc, settings.id_photos)
        made = next((one for one in each if isinstance(one, IdPhoto)), None)
        if made is None:
            return replace(whole, id_photos=each)
        return replace(whole, pixels=made.pixels, alpha=made.alpha, dpi=(made.dpi, made.dpi), id_photos=each)
    if settings.avatar is not None:
        background, format = settings.background, settings.format
        pixels, alpha = make_avatar(cut_out, whole.alpha, whole.pixels, whole.icc, settings.avatar, background, format)
        return replace(whole, pixels=pixels, alpha=alpha)
    return whole
