"""Avatars: a square or a circle about a head, by the face and not by the outline of the person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from matting.backgrounds.base import Background
from matting.composite import backdrop, composite
from matting.errors import NoFaceFound
from matting.face import head
from matting.face.base import FaceNetworks
from matting.face.finder import find_faces, reduced
from matting.face.geometry import scaled, upright
from matting.face.values import F64
from matting.formats.base import Format
from matting.id_photo.picture import CutOutPart, as_it_is, shown, transparent
from matting.id_photo.place import Edges, edges, missing
from matting.photo import U8, Photo

# The head, hair included, by the picture's side: the first for which the photo suffices. Its middle, from the top.
_SHARES, _MIDDLE = (0.50, 0.55, 0.60, 0.66, 0.72, 0.80), 0.46
_SUPERSAMPLED = 4


@dataclass(frozen=True, slots=True, eq=False)
class Avatar:
    """round: a circle, transparent around it where the format can be. faces: gives the networks, loaded once. most_side: of
    the picture in pixels; it is smaller where the photo has fewer, and never enlarged."""

    round: bool
    faces: Callable[[], FaceNetworks]
    most_side: int = 1024


def make_avatar(
    cut_out: CutOutPart, alpha: U8, rgb: U8, icc: bytes | None, wish: Avatar, background: Background, format: Format
) -> tuple[U8, U8]:
    """The finished picture, SxSx3 or SxSx4, and its alpha (SxS). cut_out: gives the cut-out of a part of the photo; alpha:
    HxW, its matte; rgb: HxWx3, the photo; icc: its profile.

    Raises:
        NoFaceFound: there is none. ModelError, EngineError: of the face networks.
    """
    matrix, side = _square(rgb, alpha, wish)
    box, inner = shown(alpha.shape, matrix, (side, side))
    person = transparent(cut_out(box), inner, (side, side))
    seen = np.ascontiguousarray(person[..., 3])
    behind = backdrop(Photo(as_it_is(rgb, matrix, (side, side)), icc=icc), seen, background, format)
    picture = person if behind is None else composite(np.ascontiguousarray(person[..., :3]), seen, behind)
    return (_round(picture, format), seen) if wish.round else (picture, seen)


def _square(rgb: U8, alpha: U8, wish: Avatar) -> tuple[F64, int]:
    """The matrix from the photo's pixels to the picture's, and the picture's side."""
    small, matte, factor = reduced(rgb, alpha)
    faces = find_faces(small, matte, wish.faces())
    if not faces:
        raise NoFaceFound("no face found: an avatar needs one")
    face = scaled(faces[0], factor)
    size = head.measured(face, alpha)
    middle = np.array(face.eyes) + upright(face.roll).T @ (0.0, (size.chin - size.hair) / 2)
    found = [_placed(middle, (size.chin + size.hair) / share, wish.most_side) for share in _SHARES]
    edge = edges(alpha)
    return min(found, key=lambda each: _cut(each, edge))


def _placed(middle: F64, square: float, most: int) -> tuple[F64, int]:
    """square: side of what is shown, in the photo's pixels."""
    side = max(1, min(most, round(square)))
    scale = side / square
    return np.array([[scale, 0, side / 2 - scale * middle[0]], [0, scale, side * _MIDDLE - scale * middle[1]]]), side


def _cut(placed: tuple[F64, int], edge: Edges) -> float:
    """How much of the person the photo's edges cut off within the picture, by its side."""
    matrix, side = placed
    return sum(each.mm for each in missing(matrix, (side, side), side, edge) if each.cuts)


def _round(picture: U8, format: Format) -> U8:
    """The circle that fills the square; what is around it is transparent, or white where the format cannot be."""
    side = len(picture)
    large = np.zeros((side * _SUPERSAMPLED,) * 2, np.uint8)
    radius = side * _SUPERSAMPLED // 2
    cv2.circle(large, (radius, radius), radius - 1, 255, -1)
    circle = np.asarray(cv2.resize(large, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
    if picture.shape[2] == 4:
        alpha = np.asarray(cv2.multiply(np.ascontiguousarray(picture[..., 3]), circle, scale=1 / 255), np.uint8)
        return composite(np.ascontiguousarray(picture[..., :3]), alpha, None)
    white = None if format.alpha else np.full((1, 1, 3), 255, np.uint8)
    return composite(picture, circle, white)
