"""Pictures that are made by the face, out of a finished cut-out: ID photos and avatars."""

from __future__ import annotations

from dataclasses import replace

from matting.avatar import make_avatar
from matting.id_photo.picture import CutOutPart
from matting.id_photo.portrait import make
from matting.pixel_work import Pixels
from matting.settings import Settings


def made_by_face(cut_out: CutOutPart, whole: Pixels, settings: Settings) -> Pixels:
    """cut_out: gives the cut-out of a part of the photo; whole: the photo itself, HxWx3, and its matte.

    Raises:
        NoFaceFound, SeveralFaces, FaceUnfit, OutsideRule: see `matting.id_photo.portrait.make`.
        ModelError, EngineError: of the face networks.
    """
    if settings.id_photo is not None:
        made = make(cut_out, whole.alpha, whole.pixels, whole.icc, settings.id_photo)
        return replace(whole, pixels=made.pixels, alpha=made.alpha, dpi=(made.dpi, made.dpi), id_photo=made)
    if settings.avatar is not None:
        background, format = settings.background, settings.format
        pixels, alpha = make_avatar(cut_out, whole.alpha, whole.pixels, whole.icc, settings.avatar, background, format)
        return replace(whole, pixels=pixels, alpha=alpha)
    return whole
