"""The way of a photo, from the bytes of a file to the bytes of its cut-out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from matting.decode import decode
from matting.encode import encode, encode_mask
from matting.errors import PhotoError
from matting.formats.jpeg import JPEG
from matting.id_photo.beside import Part, written
from matting.id_photo.portrait import IdPhoto, id_photo_file
from matting.photo import Box
from matting.pixel_work import OnStage, Pixels, PixelWork
from matting.placement import seen_box
from matting.settings import Settings

# The stages that `PixelWork` does: what goes wrong in one of them may be the other device's fault.
WORK_STAGES = frozenset({"prepare", "infer", "refine", "controls", "foreground", "composite"})
STAGES = frozenset({"decode", *WORK_STAGES, "encode"})


@dataclass(frozen=True, slots=True, eq=False)
class CutOut:
    """A finished cut-out.

    output: the file's bytes, to be named with `suffix` (".png"); mask: the alpha as grey PNG, None if not asked for.
    size: (width, height) of the output in pixels. coverage: share of the photo with alpha >= 0.5, before crop and
    controls. stage_ms: milliseconds by stage, in order. foreground: where in the output the person can be seen, told only
    where `settings.framing` is asked for. id_photo: where one is asked for, with its report; beside: its files, see
    `settings.beside`.
    """

    output: bytes
    suffix: str
    mask: bytes | None
    size: tuple[int, int]
    coverage: float
    stage_ms: dict[str, float]
    foreground: Box | None = None
    id_photo: IdPhoto | None = None
    beside: Mapping[Part, bytes] = field(default_factory=dict)


def cut(data: bytes, settings: Settings, work: PixelWork, on_stage: OnStage = lambda stage: None) -> CutOut:
    """Cut the person out of a photo.

    data: the whole file. on_stage is called with the name of each stage as it begins: the heartbeat of the work.

    Raises:
        PhotoError: the photo is at fault (NoPersonFound among others, and those of an ID photo's face).
        SettingsError: the settings cannot be carried out.
        EngineError: the network failed. OutOfMemory: of the GPU.
    """
    stage = _Stages(on_stage)
    stage("decode")
    done = work.pixels(lambda: decode(data, settings.limits, to_srgb=settings.to_srgb), settings, stage)
    stage("encode")
    about = done.about if settings.keep_exif else None
    made = _first(done)
    if made is not None and settings.format is JPEG:
        output, made = id_photo_file(made, about)
    else:
        output = encode(done.pixels, settings.format, done.icc, done.dpi, about)
    beside = {} if made is None else written(made, settings.beside)
    mask = encode_mask(done.alpha) if settings.mask else None
    size = (done.pixels.shape[1], done.pixels.shape[0])
    seen = None if settings.framing is None else seen_box(done.alpha)
    return CutOut(output, settings.format.suffix, mask, size, done.coverage, stage.finished(), seen, made, beside)


def _first(done: Pixels) -> IdPhoto | None:
    """The first ID photo, None where none was asked for; raises why it could not be made."""
    first = done.id_photos[0] if done.id_photos else None
    if isinstance(first, PhotoError):
        raise first
    return first


def make_id_photos(data: bytes, settings: Settings, work: PixelWork) -> list[tuple[bytes, IdPhoto] | PhotoError]:
    """A JPEG to each of `settings.id_photos`, or why there is none; the photo is decoded and matted once.

    Raises:
        PhotoError: the photo is at fault, whatever the rule. EngineError, ModelError, OutOfMemory: as `cut`.
    """
    done = work.pixels(lambda: decode(data, settings.limits, to_srgb=settings.to_srgb), settings, on_stage=lambda stage: None)
    return [_file(each, done.about if settings.keep_exif else None) for each in done.id_photos]


def _file(made: IdPhoto | PhotoError, about: bytes | None) -> tuple[bytes, IdPhoto] | PhotoError:
    if isinstance(made, PhotoError):
        return made
    try:
        return id_photo_file(made, about)
    except PhotoError as error:
        return error


class _Stages:
    """Announces each stage, and takes its time."""

    def __init__(self, announce: OnStage) -> None:
        self._announce = announce
        self._begun: list[tuple[str, float]] = []

    def __call__(self, name: str) -> None:
        self._begun.append((name, time.perf_counter()))
        self._announce(name)

    def finished(self) -> dict[str, float]:
        """Milliseconds by stage."""
        ends = [start for _, start in self._begun[1:]] + [time.perf_counter()]
        return {name: (end - start) * 1000 for (name, start), end in zip(self._begun, ends, strict=True)}
