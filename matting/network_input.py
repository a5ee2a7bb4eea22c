"""A photo as the network wants it, and the way back: area-averaged, stretched or letterboxed, normalised."""

from __future__ import annotations

import cv2
import numpy as np

from matting.model import InputSpec
from matting.photo import F32, U8, Box, Geometry, Photo

# A photo longer than this is letterboxed even for a network that stretches: a banner squeezed into a square shows
# the network people that it has never seen.
STRETCH_LIMIT = 3.0


def shrunk(photo: Photo, spec: InputSpec) -> U8:
    """The photo at the size that it has in the network's input, HxWx3."""
    box = photo_box(photo.height, photo.width, spec)
    return resize(photo.rgb, box.height, box.width)


def network_input(photo: Photo, spec: InputSpec, small: U8 | None = None) -> tuple[F32, Geometry]:
    """The tensor (1x3xHxW or 1xHxWx3 float32, as `spec` says) and where in it the photo lies. small: the photo as `shrunk`
    gives it, where that is there already.

    Padding has the value that the network takes for the mean colour, 0 after normalising.
    """
    box = photo_box(photo.height, photo.width, spec)
    planes = np.zeros((3, spec.height, spec.width), np.float32)
    pixels = shrunk(photo, spec) if small is None else small
    levels = np.arange(256, dtype=np.float32)
    for plane, colour, mean, std in zip(planes, cv2.split(pixels), spec.mean, spec.std, strict=True):
        table = (levels - np.float32(mean)) / np.float32(std)
        plane[box.top : box.bottom, box.left : box.right] = cv2.LUT(colour, table)
    tensor = planes if spec.layout == "NCHW" else planes.transpose(1, 2, 0)
    return np.ascontiguousarray(tensor[np.newaxis]), Geometry(photo.height, photo.width, box)


def undo(alpha: F32, geometry: Geometry) -> F32:
    """The part of the network's alpha (HxW of its input) that shows the photo: box-height x box-width."""
    box = geometry.box
    return np.ascontiguousarray(alpha[box.top : box.bottom, box.left : box.right])


def photo_box(height: int, width: int, spec: InputSpec) -> Box:
    """Where in the input a photo of `height` x `width` pixels goes; at least one pixel each way, centred."""
    aspect = max(height, width) / min(height, width)
    if spec.fit == "stretch" and aspect <= STRETCH_LIMIT:
        return Box(0, 0, spec.height, spec.width)
    return letterbox(height, width, (spec.height, spec.width))


def letterbox(height: int, width: int, within: tuple[int, int]) -> Box:
    """Where in a frame of (height, width) a photo goes whole and undistorted; at least one pixel each way, centred."""
    scale = min(within[0] / height, within[1] / width)
    inner_height = min(within[0], max(1, round(height * scale)))
    inner_width = min(within[1], max(1, round(width * scale)))
    top, left = (within[0] - inner_height) // 2, (within[1] - inner_width) // 2
    return Box(top, left, top + inner_height, left + inner_width)


def resize(rgb: U8, height: int, width: int) -> U8:
    """Area average along an axis that shrinks, linear along one that grows (OpenCV's area mode would go over to
    nearest-like sampling on both axes as soon as one of them grows)."""
    # Halving exactly has a fast path, and the average of averages over equal cells is the average.
    while rgb.shape[0] >= 2 * height and rgb.shape[1] >= 2 * width and rgb.shape[0] % 2 == rgb.shape[1] % 2 == 0:
        rgb = np.asarray(cv2.resize(rgb, (rgb.shape[1] // 2, rgb.shape[0] // 2), interpolation=cv2.INTER_AREA), np.uint8)
    smaller = (min(width, rgb.shape[1]), min(height, rgb.shape[0]))
    if smaller != (rgb.shape[1], rgb.shape[0]):
        rgb = np.asarray(cv2.resize(rgb, smaller, interpolation=cv2.INTER_AREA), np.uint8)
    if smaller != (width, height):
        rgb = np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    return rgb
