"""What an operator can ask of the camera: plain values, so that they travel to the camera's process as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Flip = Literal["none", "rotate-90", "rotate-180", "rotate-270", "mirror", "upside-down"]
FLIPS: tuple[Flip, ...] = ("none", "rotate-90", "rotate-180", "rotate-270", "mirror", "upside-down")


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """Where live video goes, beside the HTTP server. background: a colour, an image file's path, or another one that
    needs no matte.

    address: host and port of a loopback address on which live pictures alone are served. device: a v4l2loopback device.
    file: Matroska. height: of the live pictures in pixels, at most the camera's.
    """

    address: tuple[str, int] | None = None
    device: str | None = None
    file: str | None = None
    background: str = "#00B140"
    height: int = 720
    steady: bool = True

    @property
    def recorded(self) -> bool:
        """Whether it is made while nobody watches over HTTP, too."""
        return (self.device, self.file) != (None, None)


@dataclass(frozen=True, slots=True)
class CameraOptions:
    """width, height in pixels and fps: what is asked of the camera, None for its own choice. flip: turns clockwise.

    crop: (left, top, width, height) within the turned picture. interval: seconds between pictures, person: seconds that a
    person must stand still for one; None for never. trigger: a folder in which a touched file takes a picture.
    button: (GPIO chip, line).
    """

    source: str
    width: int | None = None
    height: int | None = None
    fps: int | None = None
    flip: Flip = "none"
    crop: tuple[int, int, int, int] | None = None
    countdown: float = 0.0
    burst: int = 1
    interval: float | None = None
    person: float | None = None
    trigger: str | None = None
    button: tuple[str, int] | None = None
    live: LiveOptions = LiveOptions()

    @property
    def turned(self) -> bool:
        """Whether width and height change places on the way from the camera to us."""
        return self.flip in ("rotate-90", "rotate-270")

    @property
    def delivered(self) -> tuple[int, int] | None:
        """(width, height) of the pictures that come, after flip and crop; None where the camera chooses."""
        if self.crop is not None:
            return self.crop[2:]
        if self.width is None or self.height is None:
            return None
        return (self.height, self.width) if self.turned else (self.width, self.height)
