"""A model on disk: its files, checksums and input contract, as its model.toml describes them."""

from __future__ import annotations

import hashlib
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from matting.errors import ModelError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class InputSpec:
    """The network's input. layout NCHW means 1x3xHxW; mean and std are per RGB channel, on the 0..255 scale:
    tensor = (rgb - mean) / std. fit: "stretch" fills the input, "letterbox" keeps the photo's aspect and pads."""

    name: str
    height: int
    width: int
    layout: Literal["NCHW", "NHWC"]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    fit: Literal["stretch", "letterbox"]


@dataclass(frozen=True, slots=True)
class PresenceSpec:
    """When a matte holds nobody: coverage (fraction of the frame with alpha >= 0.5) below min_coverage, or the
    99.9th percentile of alpha below min_peak."""

    min_coverage: float
    min_peak: float


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One form of the weights, with the length and checksum that it must have. psnr: of its alpha against the fp32
    form's on real photos, in dB, as it was measured when it was made; None: it is the fp32 form, or nobody measured."""

    path: Path
    sha256: str
    bytes: int
    psnr: float | None = None

    def verified(self) -> Path:
        """The path, after its length and sha256 were checked.

        Raises:
            ModelError: missing, cut short or altered.
        """
        try:
            length = self.path.stat().st_size if self.path.is_file() else None
        except OSError:  # a name that is too long, a folder that may not be entered
            length = None
        if length is None:
            raise ModelError(f"model file {self.path} is missing: install edge-matting again, or restore the file")
        if length != self.bytes:
            raise ModelError(f"model file {self.path} has {length} bytes instead of {self.bytes}: restore it from the release")
        digest = hashlib.sha256(self.path.read_bytes()).hexdigest()
        if digest != self.sha256:
            raise ModelError(
                f"model file {self.path} was altered (sha256 {digest[:12]}…, expected {self.sha256[:12]}…): restore it"
            )
        return self.path


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model: name, version, input contract, presence thresholds and files by form ("onnx", "int8", "torchscript").

    form: which of them the CPU engine runs.
    """

    name: str
    version: str
    licence: str
    input: InputSpec
    output: str
    presence: PresenceSpec
    files: dict[str, ModelFile]
    form: str = "onnx"

    def file(self, form: str) -> Path:
        """The verified file of a form.

        Raises:
            ModelError: the model has no such form, or its file is bad.
        """
        if form not in self.files:
            raise ModelError(f"model {self.name} has no {form} form, only {', '.join(self.files)}")
        return self.files[form].verified()


def default_model_dir() -> Path:
    """The model that ships with the product: inside the package when installed, in models/ of a checkout."""
    packaged = Path(__file__).parent / "models" / "portrait"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "models" / "portrait"


def load_model(folder: Path) -> ModelSpec:
    """Read `folder`/model.toml. The files' checksums are verified when they are used, not here.

    Raises:
        ModelError: no model.toml, not TOML, or a value missing or of the wrong kind.
    """
    path = folder / "model.toml"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}): a model is a folder with a model.toml") from error
    try:
        return _spec(tomllib.loads(data.decode()), folder)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise ModelError(f"{path} is not a valid model description: {error!r}") from error


def _spec(table: dict[str, Any], folder: Path) -> ModelSpec:
    if table["schema"] != SCHEMA:
        raise ValueError(f"schema {table['schema']!r}, expected {SCHEMA}")
    given = table["input"]
    if given["layout"] not in ("NCHW", "NHWC"):
        raise ValueError(f"input.layout {given['layout']!r}, expected NCHW or NHWC")
    if given["fit"] not in ("stretch", "letterbox"):
        raise ValueError(f"input.fit {given['fit']!r}, expected stretch or letterbox")
    if not (int(given["height"]) > 0 and int(given["width"]) > 0 and all(_triple(given["std"]))):
        raise ValueError("input.height, input.width and input.std must not be 0")
    spec = InputSpec(
        name=str(given["name"]),
        height=int(given["height"]),
        width=int(given["width"]),
        layout=given["layout"],
        mean=_triple(given["mean"]),
        std=_triple(given["std"]),
        fit=given["fit"],
    )
    presence = PresenceSpec(float(table["presence"]["min_coverage"]), float(table["presence"]["min_peak"]))
    files = {
        form: ModelFile(folder / entry["path"], str(entry["sha256"]), int(entry["bytes"]), _decibels(entry.get("psnr")))
        for form, entry in table["files"].items()
    }
    return ModelSpec(
        name=str(table["name"]),
        version=str(table["version"]),
        licence=str(table["licence"]),
        input=spec,
        output=str(table["output"]["name"]),
        presence=presence,
        files=files,
    )


def _triple(values: Any) -> tuple[float, float, float]:
    red, green, blue = (float(value) for value in values)
    if not all(map(math.isfinite, (red, green, blue))):
        raise ValueError(f"{values!r}, expected three finite numbers")
    return red, green, blue


def _decibels(value: Any) -> float | None:
    return None if value is None else float(value)
