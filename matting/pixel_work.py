"""All between decoding and encoding, whatever device does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from matting.errors import PhotoError
from matting.id_photo.portrait import IdPhoto
from matting.photo import U8, Photo
from matting.settings import Settings

OnStage = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """What the pixel work gives. pixels: HxWx4, or HxWx3 before a backdrop; alpha: HxW.

    coverage: share of the photo with alpha >= 0.5, before crop and controls. icc, dpi, about: the photo's. id_photos: one for
    each that was asked for, or why there is none; pixels and alpha are then the first one's that was made.
    """

    pixels: U8
    alpha: U8
    coverage: float
    icc: bytes | None
    dpi: tuple[float, float] | None
    about: bytes | None = None
    id_photos: tuple[IdPhoto | PhotoError, ...] = ()


class PixelWork(Protocol):
    """Does the pixel work of photos. Safe to call from several threads. name: for people and status files."""

    name: str

    @property
    def gpu_bytes(self) -> int:
        """What it holds of the GPU's memory, page-locked memory included; 0 where that is not known."""
        ...

    def pixels(self, load: Callable[[], Photo], settings: Settings, on_stage: OnStage) -> Pixels:
        """The finished pixels of a photo; on_stage hears of "prepare" to "composite", as `matting.pipeline.cut` tells them.

        load: gives the photo, once. Nobody else holds it then: at 24 MP its pixels are 72 MB, to be let go of early.

        Raises:
            NoPersonFound, EngineError, OutOfMemory: as `matting.pipeline.cut`.
        """
        ...

    def close(self) -> None:
        """Give the memory back."""
        ...
