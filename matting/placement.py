"""Where the part of a photo that is to be seen comes to lie: `matting.framing` made into whole pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from matting.composite import subject_box
from matting.errors import NoPersonFound
from matting.framing import MOST_ENLARGED, ON_CANVAS, Framing, Length
from matting.network_input import resize
from matting.photo import U8, Box
from matting.resample import resampled

SEEN = 13  # of 255: with less opacity than 5 % a pixel does not count as the person's


@dataclass(frozen=True, slots=True)
class Placement:
    """source: the part of the photo that is shown. target: where it comes to lie, in a picture of height x width."""

    source: Box
    target: Box
    height: int
    width: int


def placement(alpha: U8, framing: Framing, most_pixels: int) -> Placement:
    """What `framing` comes to for a photo with that matte (HxW, see `within`). most_pixels: more no picture gets.

    Raises:
        NoPersonFound: the person's place is needed, and nobody is there.
    """
    frame = Box(0, 0, *alpha.shape)
    moved = framing.canvas is not None or framing.scale is not None or framing.position not in (None, "original")
    subject = _subject(alpha) if moved or framing.crop_margin is not None else frame
    picture = frame if framing.crop_margin is None else _around(subject, framing.crop_margin)
    if framing.canvas is not None:
        picture = Box(0, 0, framing.canvas[1], framing.canvas[0])
    source, place = (subject, _moved(subject, picture, framing)) if moved else _shown(frame, picture)
    most = min(most_pixels, framing.most_pixels or most_pixels)
    factor = min(1.0, math.sqrt(most / (picture.height * picture.width)))
    height, width = _side(picture.height, factor), _side(picture.width, factor)
    (top, bottom), (left, right) = _edges(place[0], factor, height), _edges(place[1], factor, width)
    return Placement(source, Box(top, left, bottom, right), height, width)


def within(alpha: U8, roi: tuple[Length, Length, Length, Length]) -> U8:
    """The matte (HxW) inside that region, and 0 outside.

    Raises:
        NoPersonFound: the region is empty, or lies outside the photo.
    """
    height, width = alpha.shape
    columns = sorted((roi[0].of(width), roi[2].of(width)))
    rows = sorted((roi[1].of(height), roi[3].of(height)))
    (left, right), (top, bottom) = (round(min(each, width)) for each in columns), (round(min(each, height)) for each in rows)
    if left == right or top == bottom:
        raise NoPersonFound("no person found: the region of interest has no pixel of the photo")
    result = np.zeros_like(alpha)
    result[top:bottom, left:right] = alpha[top:bottom, left:right]
    return result


def placed(rgba: U8, where: Placement) -> U8:
    """The part of HxWx4 pixels with straight alpha that is shown, in its place, and nothing around it."""
    source, target = where.source, where.target
    part = resampled(rgba[source.top : source.bottom, source.left : source.right], target.height, target.width)
    if part.shape[:2] == (where.height, where.width):
        return np.ascontiguousarray(part)
    result = np.zeros((where.height, where.width, 4), np.uint8)
    result[target.top : target.bottom, target.left : target.right] = part
    return result


def placed_photo(rgb: U8, where: Placement) -> U8:
    """The same of a photo (HxWx3), whose border goes on where it does not reach."""
    source, target = where.source, where.target
    part = np.ascontiguousarray(rgb[source.top : source.bottom, source.left : source.right])
    part = resize(part, target.height, target.width)
    around = (target.top, where.height - target.bottom, target.left, where.width - target.right)
    return np.asarray(cv2.copyMakeBorder(part, *around, cv2.BORDER_REPLICATE), np.uint8)


def seen_box(alpha: U8) -> Box:
    """The box of all that can be seen of the person in a matte (HxW); empty where nobody can."""
    rows, columns = np.flatnonzero(alpha.max(axis=1) >= SEEN), np.flatnonzero(alpha.max(axis=0) >= SEEN)
    if not rows.size:
        return Box(0, 0, 0, 0)
    return Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)


def _subject(alpha: U8) -> Box:
    found = subject_box(alpha, SEEN)
    if found is None:
        raise NoPersonFound("no person found in the part of the photo that was asked for")
    return found


def _around(subject: Box, margins: tuple[Length, Length, Length, Length]) -> Box:
    """It may reach beyond the photo."""
    whole = (subject.height, subject.width, subject.height, subject.width)
    top, right, bottom, left = (round(margin.of(of)) for margin, of in zip(margins, whole, strict=True))
    return Box(subject.top - top, subject.left - left, subject.bottom + bottom, subject.right + right)


# Rows, then columns, from and to, within the picture.
_Place = tuple[tuple[float, float], tuple[float, float]]


def _shown(frame: Box, picture: Box) -> tuple[Box, _Place]:
    """What of the photo is in the picture, and where."""
    top, left = max(frame.top, picture.top), max(frame.left, picture.left)
    source = Box(top, left, min(frame.bottom, picture.bottom), min(frame.right, picture.right))
    rows = (source.top - picture.top, source.bottom - picture.top)
    return source, (rows, (source.left - picture.left, source.right - picture.left))


def _moved(subject: Box, picture: Box, framing: Framing) -> _Place:
    factor = 1.0
    scale = framing.scale if framing.scale is not None or framing.canvas is None else ON_CANVAS
    if scale is not None:
        factor = scale * min(picture.height / subject.height, picture.width / subject.width)
    if framing.canvas is not None:
        factor = min(factor, MOST_ENLARGED)
    height, width = subject.height * factor, subject.width * factor
    room = (picture.height - height, picture.width - width)
    if framing.position == "original":  # about the same centre, as far as there is room
        top = min(max((subject.top + subject.bottom - height) / 2 - picture.top, 0), room[0])
        left = min(max((subject.left + subject.right - width) / 2 - picture.left, 0), room[1])
    else:
        across, down = framing.position or (0.5, 0.5)
        top, left = room[0] * down, room[1] * across
    return (top, top + height), (left, left + width)


def _side(pixels: int, factor: float) -> int:
    return max(1, int(pixels * factor + 1e-6))


def _edges(edges: tuple[float, float], factor: float, side: int) -> tuple[int, int]:
    """From and to in whole pixels of the smaller picture, at least one apart."""
    first = min(round(edges[0] * factor), side - 1)
    return first, max(first + 1, min(round(edges[1] * factor), side))
