"""The face networks on disk, as models/face/model.toml describes them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matting.errors import ModelError
from matting.model import ModelFile

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class FaceNetwork:
    """One network. size: of its square input in pixels; it takes 1x3xsizexsize of (rgb - mean) / std, rgb in 0..255."""

    file: ModelFile
    size: int
    mean: float
    std: float


@dataclass(frozen=True, slots=True)
class FaceModel:
    """Those that find faces, their landmarks, and the contours of eyes."""

    detector: FaceNetwork
    landmarks: FaceNetwork
    eyes: FaceNetwork


def default_face_dir() -> Path:
    """The networks that ship with the product: inside the package when installed, in models/ of a checkout."""
    package = Path(__file__).parents[1]
    packaged = package / "models" / "face"
    return packaged if packaged.is_dir() else package.parent / "models" / "face"


def load_face_model(folder: Path) -> FaceModel:
    """Read `folder`/model.toml. The files' checksums are verified when they are used, not here.

    Raises:
        ModelError: no model.toml, not TOML, or a value missing or of the wrong kind.
    """
    path = folder / "model.toml"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        if table["schema"] != _SCHEMA:
            raise ValueError(f"schema {table['schema']!r}, expected {_SCHEMA}")
        return FaceModel(*(_network(table[name], folder) for name in ("detector", "landmarks", "eyes")))
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}): install edge-matting again") from error
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path} is not a valid description of the face networks: {error!r}") from error


def _network(table: dict[str, Any], folder: Path) -> FaceNetwork:
    file = ModelFile(folder / str(table["path"]), str(table["sha256"]), int(table["bytes"]))
    return FaceNetwork(file, int(table["size"]), float(table["mean"]), float(table["std"]))
