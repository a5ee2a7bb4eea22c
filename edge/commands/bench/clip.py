"""A film with known alpha: a person, cut out of a photo, moves before a wall, stands still, and moves on.

Frames carry sensor noise. The alpha that the person is put in with is the truth, whatever cut it out.
"""

from __future__ import annotations

import math
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from edge.commands.bench.photos import SEED, source
from matting.controls import apply
from matting.engines.base import Engine
from matting.foreground import foreground
from matting.model import ModelSpec
from matting.network_input import network_input, undo
from matting.photo import F32, U8, Controls, Photo
from matting.refine import refine

NOISE = 3.0  # standard deviation in 8-bit levels
PERIOD = 6.0  # seconds for one way to and fro
REACH = 0.18  # of the width, to each side


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """rgb: HxWx3 uint8, colours without the old background; alpha: HxW uint8."""

    rgb: U8
    alpha: U8


def person(engine: Engine, model: ModelSpec) -> Person:
    """The sample portrait, cut out at its own size; faint remains of its background count as nothing, and what the network
    doubts within the outline (a dark visor) as the person's."""
    photo = Photo(source(None).rgb)
    tensor, geometry = network_input(photo, model.input)
    alpha = _whole(apply(refine(undo(engine.infer(tensor), geometry), photo), Controls(threshold=12)))
    return Person(foreground(photo.rgb, alpha), alpha)


def _whole(alpha: U8) -> U8:
    """255 everywhere but outside and 4 pixels within the outline, which is open at the lower edge."""
    framed = cv2.copyMakeBorder((alpha >= 128).astype(np.uint8), 1, 0, 1, 1, cv2.BORDER_CONSTANT, value=0)
    cv2.floodFill(framed, None, (0, 0), 2)
    within = cv2.erode((framed[1:, 1:-1] != 2).astype(np.uint8), np.ones((9, 9), np.uint8))
    return np.where(within > 0, np.uint8(255), alpha)


def film(who: Person, width: int, height: int, fps: int, seconds: float) -> Iterator[tuple[U8, F32]]:
    """Frames: (HxWx3 uint8, true alpha HxW in 0..1)."""
    random = np.random.default_rng(SEED)
    behind = wall(height, width)
    for index in range(round(seconds * fps)):
        matrix = _pose(who, width, height, index / fps)
        alpha = np.asarray(_warped(who.alpha, matrix, width, height) * np.float32(1 / 255), np.float32)
        colours = _warped(who.rgb, matrix, width, height).astype(np.float32)
        share = alpha[..., np.newaxis]
        noise = random.normal(0, NOISE, (height, width, 1)).astype(np.float32)
        yield np.clip(np.rint(colours * share + behind * (1 - share) + noise), 0, 255).astype(np.uint8), alpha


def write_h264(frames: Iterator[U8], path: Path, fps: int, size: tuple[int, int]) -> None:
    """The frames ((width, height) all of them) as H.264 in MP4, by GStreamer's x264enc.

    Raises:
        CalledProcessError: GStreamer or its x264enc is missing.
    """
    parse = ["rawvideoparse", "format=rgb", f"width={size[0]}", f"height={size[1]}", f"framerate={fps}/1"]
    encode = ["x264enc", "speed-preset=veryfast", "quantizer=20", "pass=quant", "!", "h264parse", "!", "mp4mux"]
    command = ["gst-launch-1.0", "-q", "fdsrc", "fd=0", "!", *parse, "!", "videoconvert", "!", *encode, "!", "filesink"]
    process = subprocess.Popen([*command, f"location={path}"], stdin=subprocess.PIPE)
    assert process.stdin is not None
    with process.stdin as pipe:
        for frame in frames:
            pipe.write(frame.tobytes())
    if process.wait() != 0:
        raise subprocess.CalledProcessError(process.returncode, command)


def wall(height: int, width: int) -> F32:
    """Soft daylight on a wall with some structure, three shelves and their shadows: HxWx3, 0..255."""
    random = np.random.default_rng(SEED + 1)
    light = np.linspace(0.75, 1.1, width, dtype=np.float32)[np.newaxis, :, np.newaxis]
    rough = cv2.GaussianBlur(random.normal(0, 40, (height, width, 3)).astype(np.float32), (0, 0), height / 120)
    wall = np.array([150, 160, 150], np.float32) * light + rough * 3
    for row, colour in ((0.2, (96, 70, 52)), (0.5, (88, 64, 50)), (0.8, (100, 76, 60))):
        top, thick = int(row * height), max(2, height // 40)
        wall[top : top + thick] = np.array(colour, np.float32) * light
        wall[top + thick : top + 2 * thick] *= 0.8
    return np.asarray(np.clip(wall, 0, 255), np.float32)


def _pose(who: Person, width: int, height: int, time: float) -> F32:
    """Half of the time still: the way is a sine whose ends are cut off. The person is as high as the frame, the lower
    edge at the frame's."""
    swing = max(-1.0, min(1.0, 1.8 * math.sin(2 * math.pi * time / PERIOD)))
    scale = height / who.alpha.shape[0]
    x = width / 2 + REACH * width * swing - who.alpha.shape[1] * scale / 2
    return np.array([[scale, 0, x], [0, scale, 0]], np.float32)


def _warped(pixels: U8, matrix: F32, width: int, height: int) -> U8:
    return np.asarray(cv2.warpAffine(pixels, matrix, (width, height), flags=cv2.INTER_AREA | cv2.INTER_LINEAR), np.uint8)
