"""A plug-in of pibooth 2.1.1 that cuts people out with the edge-matting of this machine.

pibooth writes its raw photos before it makes the picture of them: those stay as they were taken, and the picture has the
cut-outs. A picture may have up to four photos; the time-out is for all of them, since the guest waits for all of them.
"""

from __future__ import annotations

import time
from typing import Any

import pibooth
from edge_matting_client import Colour, cut_or_original, cut_out
from pibooth.utils import LOGGER
from PIL import Image

__version__ = "0.1.0"

_SECTION = "EDGE_MATTING"
_LEAST = 0.01  # seconds: for a photo whose time is over


class _Picture:
    """The picture that is being made. until: time.monotonic() up to which its guest waits; cut: what became of each photo,
    which is held so that its id stays its own."""

    def __init__(self, seconds: float) -> None:
        self.until = time.monotonic() + seconds
        self.cut: dict[int, tuple[Image.Image, Image.Image]] = {}


_picture: _Picture | None = None


@pibooth.hookimpl
def pibooth_configure(cfg: Any) -> None:
    """The settings' defaults."""
    cfg.add_option(_SECTION, "url", "http://127.0.0.1:7000", "Where edge-matting listens")
    cfg.add_option(_SECTION, "key", "", "Its key, if it asks for one")
    cfg.add_option(_SECTION, "timeout", 10, "Seconds for all photos of a picture; after them photos stay as they were taken")
    cfg.add_option(_SECTION, "background", (255, 255, 255), "What stands behind the person: an RGB color or a picture's path")


@pibooth.hookimpl
def state_processing_enter(cfg: Any) -> None:
    global _picture
    _picture = _Picture(cfg.getfloat(_SECTION, "timeout"))


@pibooth.hookimpl
def pibooth_setup_picture_factory(cfg: Any, factory: Any) -> None:
    """Put the cut-outs in place of the photos. None is returned, so that other plug-ins still have their turn."""
    global _picture
    if _picture is None:
        _picture = _Picture(cfg.getfloat(_SECTION, "timeout"))
    factory._images = tuple(_of(photo, _picture, cfg) for photo in factory._images)


@pibooth.hookimpl
def state_processing_exit() -> None:
    global _picture
    _picture = None


def _of(photo: Image.Image, picture: _Picture, cfg: Any) -> Image.Image:
    """pibooth comes with the same photo again for its animation: it is not cut again."""
    if id(photo) not in picture.cut:
        seconds = max(_LEAST, picture.until - time.monotonic())
        url, key = cfg.get(_SECTION, "url"), cfg.get(_SECTION, "key")
        cut = cut_or_original(
            photo, lambda: cut_out(photo, url, key=key, seconds=seconds), lambda: _background(cfg), LOGGER.warning
        )
        picture.cut[id(photo)] = (photo, cut)
    return picture.cut[id(photo)][1]


def _background(cfg: Any) -> Colour | Image.Image:
    background: Colour = cfg.gettuple(_SECTION, "background", ("color", "path"))[0]
    return Image.open(background) if isinstance(background, str) else tuple(background)
