"""The pixel work on the CPU, around an engine that runs the network wherever it may."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from matting import controls
from matting.canvas import on_canvas
from matting.composite import backdrop, composite, crop_box, cropped, with_opacity
from matting.engines.base import Engine
from matting.engines.registry import open_engine
from matting.foreground import foreground
from matting.id_photo import portrait as id_photo
from matting.model import ModelSpec
from matting.network_input import network_input, undo
from matting.photo import U8, Photo
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
        tensor, geometry = network_input(photo, self._model.input)
        on_stage("infer")
        matte = undo(self._engine.infer(tensor), geometry)
        controls.check_presence(matte, self._model.presence)
        on_stage("refine")
        alpha = refine(matte, photo)
        on_stage("controls")
        alpha = controls.apply(alpha, settings.controls)
        wish = settings.id_photo
        photo, alpha = _to_subject(photo, alpha, settings.crop if wish is None else None)
        on_stage("foreground")
        framing = settings.framing
        plain = framing is None and wish is None
        behind = backdrop(photo, alpha, settings.background, settings.format) if plain else None
        colours = foreground(photo.rgb, alpha)
        alpha, icc, dpi = with_opacity(alpha, photo.opacity), photo.icc, photo.dpi
        rgb = photo.rgb if wish is not None or (framing is not None and settings.background.needs_matte) else None
        del photo  # nothing below needs its pixels, and nobody else holds them
        on_stage("composite")
        pixels = composite(colours, alpha, behind)
        coverage = float((matte >= 0.5).mean())
        if wish is not None and rgb is not None:
            del colours
            made = id_photo.make(pixels, rgb, icc, wish)
            return Pixels(made.pixels, made.alpha, coverage, icc, (made.dpi, made.dpi), made)
        if framing is not None:
            del colours
            pixels, alpha = on_canvas(pixels, rgb, icc, framing, settings)
        return Pixels(pixels, alpha, coverage, icc, dpi)

    def close(self) -> None:
        """See `PixelWork.close`."""
        self._engine.close()


def _to_subject(photo: Photo, alpha: U8, margin: float | None) -> tuple[Photo, U8]:
    """Photo and matte around the subject only; as they are where no crop is asked for."""
    if margin is None:
        return photo, alpha
    box = crop_box(alpha, margin)
    opacity = None if photo.opacity is None else cropped(photo.opacity, box)
    return replace(photo, rgb=cropped(photo.rgb, box), opacity=opacity), cropped(alpha, box)
