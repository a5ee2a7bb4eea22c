"""The way of a photo, from the bytes of a file to the bytes of its cut-out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from matting import controls
from matting.composite import backdrop, composite, crop_box, cropped, with_opacity
from matting.decode import decode
from matting.encode import encode, encode_mask, suffix
from matting.engines.base import Engine
from matting.foreground import foreground
from matting.model import ModelSpec
from matting.network_input import network_input, undo
from matting.photo import U8, Photo, Settings
from matting.refine import refine

# The stages that `PixelWork` does: what goes wrong in one of them may be the other device's fault.
WORK_STAGES = frozenset({"prepare", "infer", "refine", "controls", "foreground", "composite"})


@dataclass(frozen=True, slots=True, eq=False)
class CutOut:
    """A finished cut-out.

    output: the file's bytes, to be named with `suffix` (".png"); mask: the alpha as grey PNG, None if not asked for.
    size: (width, height) of the output in pixels. coverage: share of the photo with alpha >= 0.5, before crop and
    controls. stage_ms: milliseconds by stage, in order.
    """

    output: bytes
    suffix: str
    mask: bytes | None
    size: tuple[int, int]
    coverage: float
    stage_ms: dict[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """What the pixel work gives. pixels: HxWx4, or HxWx3 before a backdrop; alpha: HxW; coverage as in `CutOut`."""

    pixels: U8
    alpha: U8
    coverage: float


class PixelWork(Protocol):
    """All between decoding and encoding, on another device than the CPU. Safe to call from several threads."""

    def pixels(self, photo: Photo, settings: Settings, on_stage: Callable[[str], None]) -> Pixels:
        """The finished pixels of a photo; on_stage hears of "prepare" to "composite" as `cut` tells them.

        Raises:
            NoPersonFound, EngineError, OutOfMemory: as `cut`.
        """
        ...


def cut_with(data: bytes, settings: Settings, work: PixelWork, on_stage: Callable[[str], None] = lambda stage: None) -> CutOut:
    """`cut`, its pixel work done elsewhere; the same result, but for roundings."""
    stage = _Stages(on_stage)
    stage("decode")
    photo = decode(data, settings.limits, to_srgb=settings.to_srgb)
    done = work.pixels(photo, settings, stage)
    icc, dpi = photo.icc, photo.dpi
    del photo  # as in `cut`
    stage("encode")
    output = encode(done.pixels, settings.format, icc, dpi)
    mask = encode_mask(done.alpha) if settings.mask else None
    size = (done.pixels.shape[1], done.pixels.shape[0])
    return CutOut(output, suffix(settings.format), mask, size, done.coverage, stage.finished())


def cut(
    data: bytes, settings: Settings, engine: Engine, model: ModelSpec, on_stage: Callable[[str], None] = lambda stage: None
) -> CutOut:
    """Cut the person out of a photo.

    data: the whole file. on_stage is called with the name of each stage as it begins: the heartbeat of the work.

    Raises:
        PhotoError: the photo is at fault (NoPersonFound among others).
        SettingsError: the settings cannot be carried out, such as a side too long for the format.
        EngineError: the network failed.
    """
    stage = _Stages(on_stage)
    stage("decode")
    photo = decode(data, settings.limits, to_srgb=settings.to_srgb)
    stage("prepare")
    tensor, geometry = network_input(photo, model.input)
    stage("infer")
    matte = undo(engine.infer(tensor), geometry)
    controls.check_presence(matte, model.presence)
    stage("refine")
    alpha = refine(matte, photo)
    stage("controls")
    alpha = controls.apply(alpha, settings.controls)
    photo, alpha = _to_subject(photo, alpha, settings.crop)
    stage("foreground")
    behind = backdrop(photo, alpha, settings.background, settings.format)
    colours = foreground(photo.rgb, alpha)
    alpha, icc, dpi = with_opacity(alpha, photo.opacity), photo.icc, photo.dpi
    del photo  # at 24 MP its pixels are 72 MB, and nothing below needs them
    stage("composite")
    pixels = composite(colours, alpha, behind)
    del colours, behind
    stage("encode")
    output = encode(pixels, settings.format, icc, dpi)
    mask = encode_mask(alpha) if settings.mask else None
    size = (pixels.shape[1], pixels.shape[0])
    return CutOut(output, suffix(settings.format), mask, size, float((matte >= 0.5).mean()), stage.finished())


def _to_subject(photo: Photo, alpha: U8, margin: float | None) -> tuple[Photo, U8]:
    """Photo and matte around the subject only; as they are where no crop is asked for."""
    if margin is None:
        return photo, alpha
    box = crop_box(alpha, margin)
    opacity = None if photo.opacity is None else cropped(photo.opacity, box)
    return replace(photo, rgb=cropped(photo.rgb, box), opacity=opacity), cropped(alpha, box)


class _Stages:
    """Announces each stage, and takes its time."""

    def __init__(self, announce: Callable[[str], None]) -> None:
        self._announce = announce
        self._begun: list[tuple[str, float]] = []

    def __call__(self, name: str) -> None:
        self._begun.append((name, time.perf_counter()))
        self._announce(name)

    def finished(self) -> dict[str, float]:
        """Milliseconds by stage."""
        ends = [start for _, start in self._begun[1:]] + [time.perf_counter()]
        return {name: (end - start) * 1000 for (name, start), end in zip(self._begun, ends, strict=True)}
