"""Writes the model.toml that `matting.model` reads."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from matting.model import SCHEMA, InputSpec, ModelFile, ModelSpec


def model_file(path: Path) -> ModelFile:
    """The file as it is now, with its length and checksum.

    Raises:
        OSError: it cannot be read.
    """
    data = path.read_bytes()
    return ModelFile(path, hashlib.sha256(data).hexdigest(), len(data))


def model_toml(spec: ModelSpec) -> str:
    """The text of the description; the files are named as lying beside it."""
    there = spec.presence
    return "\n".join(
        [
            f"schema = {SCHEMA}",
            f"name = {json.dumps(spec.name)}",
            f"version = {json.dumps(spec.version)}",
            f"licence = {json.dumps(spec.licence)}",
            "",
            *_input(spec.input),
            "",
            "[output]",
            f"name = {json.dumps(spec.output)}",
            "",
            "[presence]  # no person in the photo if its matte stays below either; 0: every photo counts as having one",
            f"min_coverage = {there.min_coverage}  # fraction of the frame with alpha >= 0.5",
            f"min_peak = {there.min_peak}  # 99.9th percentile of alpha",
            *(line for form, file in spec.files.items() for line in _file(form, file)),
            "",
        ]
    )


def write_description(folder: Path, spec: ModelSpec) -> None:
    """Replace `folder`/model.toml, whole.

    Raises:
        OSError: it cannot be written.
    """
    part = folder / ".model.toml"
    part.write_text(model_toml(spec), encoding="utf-8")
    part.replace(folder / "model.toml")


def _input(given: InputSpec) -> list[str]:
    return [
        "[input]",
        f"name = {json.dumps(given.name)}",
        f"height = {given.height}",
        f"width = {given.width}",
        f'layout = "{given.layout}"',
        f"mean = {list(given.mean)}  # in 0..255, RGB: the network gets (rgb - mean) / std",
        f"std = {list(given.std)}",
        f'fit = "{given.fit}"  # stretch, or letterbox',
    ]


def _file(form: str, file: ModelFile) -> list[str]:
    table = [
        "",
        f"[files.{form}]",
        f"path = {json.dumps(file.path.name)}",
        f'sha256 = "{file.sha256}"',
        f"bytes = {file.bytes}",
    ]
    return table if file.psnr is None else [*table, f"psnr = {file.psnr}  # alpha against the fp32 form's, in dB"]
