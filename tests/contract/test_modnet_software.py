"""Software that was made for MODNet can run our network: at 512x512 as it is, at any size by scripts.training.any_size."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from PIL import Image

from matting.model import default_model_dir

pytest.importorskip("onnx")
ROOT = Path(__file__).parents[2]
PHOTO = default_model_dir() / "trial" / "astronaut.jpg"


def as_modnet(file: Path, photo: Image.Image, size: tuple[int, int]) -> np.ndarray:
    """As such software does it: names by position, RGB / 127.5 - 1, the first output's first channel."""
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    tensor = np.asarray(photo.convert("RGB").resize(size, Image.Resampling.BICUBIC), np.float32) / 127.5 - 1
    (output,) = session.run(None, {session.get_inputs()[0].name: tensor.transpose(2, 0, 1)[None]})
    return np.asarray(output[0, 0])


def test_the_names_are_modnets() -> None:
    session = onnxruntime.InferenceSession(str(default_model_dir() / "portrait.onnx"), providers=["CPUExecutionProvider"])
    assert [entry.name for entry in (*session.get_inputs(), *session.get_outputs())] == ["input", "output"]


def test_any_size_is_the_same_network(tmp_path: Path) -> None:
    free = tmp_path / "free.onnx"
    subprocess.run([sys.executable, "-m", "scripts.training.any_size", str(free)], cwd=ROOT, check=True)
    with Image.open(PHOTO) as photo:
        fixed = as_modnet(default_model_dir() / "portrait.onnx", photo, (512, 512))
        np.testing.assert_allclose(as_modnet(free, photo, (512, 512)), fixed, atol=1e-4)
        wide = as_modnet(free, photo, (672, 512))
    assert wide.shape == (512, 672)
    stretched = np.asarray(Image.fromarray(wide).resize((512, 512), Image.Resampling.BILINEAR))
    person, seen = fixed > 0.5, stretched > 0.5
    assert (person & seen).sum() / (person | seen).sum() > 0.95
