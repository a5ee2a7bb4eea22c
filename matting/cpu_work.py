"""The pixel work on the CPU, around an engine that runs the network wherever it may."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from matting import controls
from matting.by_face import made_by_face
from matting.canvas import on_canvas
from matting.composite import backdrop, composite, crop_box, cropped, transparent, with_opacity
from matting.engines.base import Engine
from matting.engines.registry import open_engine
from matting.foreground import foreground
from matting.model import ModelSpec
from matting.network_input import network_input, shrunk, undo
from matting.photo import F32, U8, Box, Photo
from matting.pixel_work import OnStage, Pixels
from matting.refine import refine
from matting.settings import Settings


def open_cpu_work(kind: str, model: ModelSpec, threads: int) -> CpuWork:
    """With the engine of that kind, see `matting.engines.registry.open_engine`, which raises."""
    return CpuWork(open_engine(kind, model, threads), model)


class CpuWork:
    """`matting.pixel_work.PixelWork`: each step a plain call."""

    def __init__(self, engine: Engine, model: ModelSpec) -> None:
        self._engine, self._model = engine, model
        self.name = engine.name
        self.gpu_bytes = 0  # not known of an engine that brings its own library

    def pixels(self, load: Callable[[], Photo], settings: Settings, on_stage: OnStage) -> Pixels:
        """See `PixelWork.pixels`."""
        photo = load()
        on_stage("prepare")
        small = shrunk(photo, self._model.input)
        tensor, geometry = network_input(photo, self._model.input, small)
        on_stage("infer")
        matte = undo(self._engine.infer(tensor), geometry)
        controls.check_presence(matte, self._model.presence)
        on_stage("refine")
        alpha = refine(matte, photo, small)
        del small  # of a photo that is as small it is the photo
        on_stage("controls")
        alpha = controls.apply(alpha, settings.controls)
        if settings.by_face:
            whole = Pixels(photo.rgb, with_opacity(alpha, photo.opacity), _coverage(matte), photo.icc, photo.dpi, photo.about)
            return made_by_face(partial(_part, photo, alpha, on_stage), whole, settings)
        photo, alpha = _to_subject(photo, alpha, settings.crop)
        on_stage("foreground")
        framing = settings.framing
        behind = backdrop(photo, alpha, settings.background, settings.format) if framing is None else None
        at_once = behind is None and photo.opacity is None
        colours = transparent(photo.rgb, alpha) if at_once else foreground(photo.rgb, alpha)
        alpha, icc, dpi, about = with_opacity(alpha, photo.opacity), photo.icc, photo.dpi, photo.about
        rgb = photo.rgb if framing is not None and settings.background.needs_matte else None
        del photo  # nothing below needs its pixels, and nobody else holds them
        on_stage("composite")
        pixels = colours if at_once else composite(colours, alpha, behind)
        if framing is not None:
            del colours
            pixels, alpha = on_canvas(pixels, rgb, icc, framing, settings)
        return Pixels(pixels, alpha, _coverage(matte), icc, dpi, about)

    def close(self) -> None:
        """See `PixelWork.close`."""
        self._engine.close()


def _coverage(matte: F32) -> float:
    """The share of the photo with alpha >= 0.5."""
    return float((matte >= 0.5).mean())


def _part(photo: Photo, alpha: U8, on_stage: OnStage, box: Box) -> U8:
    """The cut-out of a part of the photo: hxwx4 with straight alpha."""
    on_stage("foreground")
    rgb, part = cropped(photo.rgb, box), cropped(alpha, box)
    colours = transparent(rgb, part) if photo.opacity is None else foreground(rgb, part)
    on_stage("composite")
    return colours if photo.opacity is None else composite(colours, with_opacity(part, cropped(photo.opacity, box)), None)


def _to_subject(photo: Photo, alpha: U8, margin: float | None) -> tuple[Photo, U8]:
    """Photo and matte around the subject only; as they are where no crop is asked for."""
    if margin is None:
        return photo, alpha
    box = crop_box(alpha, margin)
    opacity = None if photo.opacity is None else cropped(photo.opacity, box)
    return replace(photo, rgb=cropped(photo.rgb, box), opacity=opacity), cropped(alpha, box)
