"""Test photos of given sizes: one picture of a person, scaled to cover the size, with sensor noise, as JPEG.

The noise matters: an enlarged picture without it is so smooth that JPEG and PNG cost far less than for a camera's photo.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from matting.errors import SettingsError, UnreadablePhoto
from matting.model import default_model_dir
from matting.photo import U8

# Upright, as portraits are taken: width x height in pixels.
SIZES: dict[str, tuple[int, int]] = {"1080p": (1080, 1920), "12mp": (3000, 4000), "24mp": (4000, 6000)}
NOISE = 4
QUALITY = 92
SEED = 20090620
SMALLEST_SIDE = 32


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """The picture behind the test photos. rgb: HxWx3 uint8; name: what the report says about it."""

    rgb: U8
    name: str


def source(photo: Path | None) -> Source:
    """The operator's photo; without one the portrait that comes with the model.

    Raises:
        UnreadablePhoto: it is no picture that Pillow can read.
    """
    path = photo or default_model_dir() / "trial" / "astronaut.jpg"
    try:
        with Image.open(path) as image:
            return Source(np.asarray(image.convert("RGB")), path.name)
    except OSError as error:
        raise UnreadablePhoto(f"{path} cannot be read as a picture: give another --photo") from error


def size(text: str) -> tuple[int, int]:
    """(width, height) of "1080p", "12mp", "24mp" or "WIDTHxHEIGHT".

    Raises:
        SettingsError: anything else.
    """
    if text in SIZES:
        return SIZES[text]
    parts = text.split("x")
    if len(parts) != 2 or not all(part.isdecimal() and int(part) >= SMALLEST_SIDE for part in parts):
        raise SettingsError(f"size {text!r} is neither one of {', '.join(SIZES)} nor WIDTHxHEIGHT of at least {SMALLEST_SIDE}")
    return int(parts[0]), int(parts[1])


def jpeg(picture: Source, width: int, height: int) -> bytes:
    """The picture scaled and centred to cover width x height, with noise, as JPEG of quality 92."""
    rgb = _cover(picture.rgb, width, height)
    flat = rgb.reshape(height, width * 3)
    noise = np.empty(flat.shape, np.int16)
    cv2.setRNGSeed(SEED)
    cv2.randn(noise, np.zeros(1), np.full(1, float(NOISE)))
    noisy = cv2.add(flat, noise, dtype=cv2.CV_8U).reshape(rgb.shape)
    out = io.BytesIO()
    Image.fromarray(noisy).save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def numbered(photo: bytes, number: int) -> bytes:
    """The same JPEG with its own number in a comment: other bytes, so that the service takes it for another photo."""
    text = b"photo %d" % number
    return photo[:2] + b"\xff\xfe" + (len(text) + 2).to_bytes(2, "big") + text + photo[2:]


def _cover(rgb: U8, width: int, height: int) -> U8:
    scale = max(width / rgb.shape[1], height / rgb.shape[0])
    inner_width, inner_height = round(width / scale), round(height / scale)
    top, left = (rgb.shape[0] - inner_height) // 2, (rgb.shape[1] - inner_width) // 2
    inner = np.ascontiguousarray(rgb[top : top + inner_height, left : left + inner_width])
    method = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    return np.asarray(cv2.resize(inner, (width, height), interpolation=method))
