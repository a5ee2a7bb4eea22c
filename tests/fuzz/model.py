"""Text of a model.toml -> load_model and its files: a description, or a ModelError."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

from matting.errors import ModelError
from matting.model import default_model_dir, load_model

LONGEST = 2048
WORDS = [
    b"schema = 1",
    b"[input]",
    b"[output]",
    b"[presence]",
    b"[files.onnx]",
    b"path = ",
    b"bytes = ",
    b"inf",
    b"nan",
    b'"\\u0000"',
]


def seeds() -> dict[str, bytes]:
    lines = (default_model_dir() / "model.toml").read_text().splitlines()
    plain = "\n".join(line for line in lines if line and not line.startswith("#"))
    return {"ours": plain.encode()}


def one(data: bytes) -> None:
    folder = Path(tempfile.gettempdir(), "fuzzed-model")
    folder.mkdir(exist_ok=True)
    (folder / "model.toml").write_bytes(data)
    try:
        model = load_model(folder)
    except ModelError as error:
        assert str(error)
        return
    assert model.input.height > 0 and model.input.width > 0
    assert all(math.isfinite(value) for value in (*model.input.mean, *model.input.std)) and all(model.input.std)
    for form in model.files:
        try:
            model.file(form)
        except ModelError as error:
            assert str(error)
