"""`edge-matting cut --engine tensorrt`, with the engines of the board. What runs an engine is a stand-in (see standin/)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.edge.hot import Hot, portrait

pytestmark = pytest.mark.slow


def cut(hot: Hot, out: Path, engine: str) -> subprocess.CompletedProcess[str]:
    photo = hot.root / "photo.jpg"
    photo.write_bytes(portrait(700))
    command = [sys.executable, "-m", "edge.cli", "cut", str(photo), "--out", str(out), "--mask"]
    command += ["--engine", engine, "--config", str(hot.config)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_it_gives_what_the_cpu_gives(built: Hot, tmp_path: Path) -> None:
    for engine in ("tensorrt", "cpu"):
        result = cut(built, tmp_path / engine, engine)
        assert result.returncode == 0, result.stderr
    one, other = (np.asarray(Image.open(tmp_path / engine / "photo.alpha.png"), float) for engine in ("tensorrt", "cpu"))
    assert one.shape == (700, 700)
    # In fp16, which differs where the matte wavers.
    assert np.sqrt(np.mean((one - other) ** 2)) < 255 / 10 ** (50 / 20), "less than 50 dB"


def test_without_engines_it_says_how_to_get_them(hot: Hot, tmp_path: Path) -> None:
    result = cut(hot, tmp_path / "out", "tensorrt")
    assert result.returncode == 21
    assert "edge-matting build" in result.stderr
