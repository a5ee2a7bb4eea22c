"""People who are background: walking by behind the guests, or on a poster or a screen.

The rule that the network learns: whoever's head is smaller than BYSTANDER of the front ones' walks by, and whoever stands at a
like scale, LIKE, belongs to the group. Between the two there is nobody in a composite.
"""

from __future__ import annotations

import cv2
import numpy as np

from scripts.training.data import augment
from scripts.training.data.augment import Pixels, Random
from scripts.training.data.hair import head
from scripts.training.data.placing import MAX_ENLARGEMENT, Figure, Floats, figure, paste, resize

BYSTANDER = (0.15, 0.55)  # of the front head's width
LIKE = (0.78, 1.28)
SMALLEST = 20  # pixels


def head_width(who: Figure) -> float | None:
    """Of a person as prepared, in pixels."""
    found = head(who.planes[..., 3])
    return found[2] if found and found[2] >= 4 else None


def bystander(planes: Pixels, front: Pixels, random: Random) -> Floats | None:
    """Somebody behind the people of an alpha (S x S), as foreground RGB and alpha, S x S x 4 in 0..255. Their eyes are about
    as high as those in front, for the camera is at that height, so their feet are higher. None where that cannot be."""
    side, ahead = front.shape[0], head(front)
    who = figure(planes, mirrored=bool(random.random() < 0.5))
    wide = head_width(who)
    if ahead is None or wide is None:
        return None
    scale = min(ahead[2] * random.uniform(*BYSTANDER) / wide, MAX_ENLARGEMENT)
    height, width = (int(n * scale) for n in who.planes.shape[:2])
    if min(height, width) < SMALLEST or max(height, width) > 1.5 * side:
        return None
    top = ahead[0] + ahead[2] * random.normal(0.4, 0.35)
    rows = np.flatnonzero(front.max(1) > 127)
    if not who.below:
        top = min(top, rows[-1] - height * random.uniform(1.0, 1.15))
    corner = int(top), int(random.uniform(-0.3 * width, side - 0.7 * width))
    out = paste(resize(np.ascontiguousarray(who.planes[..., :4]), height, width), side, corner)
    if random.random() < 0.7:
        out = blurred(out, random.uniform(0.5, 3.5) * side / 512)
    return out


def blurred(layer: Floats, sigma: float) -> Floats:
    """Foreground RGB and alpha out of focus; the colours weighted by their cover."""
    cover = layer[..., 3:] / np.float32(255)
    soft = cv2.GaussianBlur(np.dstack([layer[..., :3] * cover, cover]).astype(np.float32), (0, 0), sigma)
    colours = soft[..., :3] / np.maximum(soft[..., 3:], 1e-3)
    return np.asarray(np.dstack([colours, soft[..., 3:] * 255]), np.float32)


def ends_in_air(layer: Floats) -> int | None:
    """The row below which a person cut off by the photo would float; None where the figure runs out of the canvas."""
    rows = np.flatnonzero(layer[..., 3].max(1) > 127)
    return int(rows[-1]) if len(rows) and rows[-1] < len(layer) - 2 else None


def poster(planes: Pixels, front: Pixels, random: Random) -> Floats | None:
    """A photo with its person and ground as a picture on the wall or a screen: S x S x 4 as above."""
    side, ahead, own = front.shape[0], head(front), head(planes[..., 6])
    if ahead is None or own is None or own[2] < 4:
        return None
    scale = min(ahead[2] * random.uniform(*BYSTANDER) / own[2], MAX_ENLARGEMENT)
    height, width = (int(n * scale) for n in planes.shape[:2])
    if min(height, width) < SMALLEST or max(height, width) > 1.5 * side:
        return None
    picture = resize(np.ascontiguousarray(planes[..., :3]), height, width)
    if random.random() < 0.6:
        edge = max(1, int(0.03 * height))
        frame = random.uniform(0, 255, 3).tolist()
        picture = np.asarray(cv2.copyMakeBorder(picture, *(edge,) * 4, cv2.BORDER_CONSTANT, value=frame), np.uint8)
    if random.random() < 0.4:
        picture = augment.blur(picture, random.uniform(0.5, 2) * side / 512)
    corner = int(random.uniform(-0.2, 0.7) * side), int(random.uniform(-0.3 * width, side - 0.7 * width))
    return paste(np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)]), side, corner)
