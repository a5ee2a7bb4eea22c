"""A photo in photobooth-app and in pibooth: cut through our service, and as it was taken where no service answers."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.edge.hot import portrait
from tests.edge.http.conftest import Served
from tests.edge.http.conftest import served as served
from tests.scripts.plugins.environment import environment
from tests.scripts.plugins.faulty import faulty_services

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
PLUGINS = HERE.parents[2] / "scripts" / "plugins"
TIMEOUT = 2.0  # seconds, for those that say nothing
SLACK = 6.0  # seconds for the program itself, on a busy machine


@pytest.fixture(scope="module")
def faulty() -> Iterator[dict[str, str]]:
    with faulty_services() as addresses:
        yield addresses


def installed(readme: Path, folder: Path) -> None:
    """Run the copying lines of a README, as they stand there, in a folder that the program would have."""
    lines = [line.strip() for line in readme.read_text().splitlines() if line.startswith("    cp ")]
    assert lines
    for line in lines:
        words = line.replace("~", str(folder)).replace("scripts/plugins", str(PLUGINS))
        subprocess.run(["sh", "-c", words], cwd=folder, check=True)


def ran(python: Path, script: str, folder: Path, *arguments: str) -> dict[str, Any]:
    environ = {**os.environ, "SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy", "GPIOZERO_PIN_FACTORY": "mock"}
    command = [str(python), str(HERE / script), *arguments]
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def green(file: Path) -> float:
    """Which part of a picture is as green as nothing in the photo is."""
    pixels = np.asarray(Image.open(file).convert("RGB")).astype(int)
    return float((np.abs(pixels - (0, 255, 0)).max(axis=2) < 12).mean())


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    file = tmp_path / "photo.jpg"
    file.write_bytes(portrait(512))
    return file


def test_photobooth_app(
    served: Served, faulty: dict[str, str], tmp_path: Path, photo: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    python = environment(tmp_path_factory, "photobooth-app==9.0.0")
    (tmp_path / "plugins").mkdir()
    installed(PLUGINS / "photobooth-app" / "README.md", tmp_path)
    (tmp_path / "config").mkdir()
    settings = {"timeout": TIMEOUT, "background_color": "#00ff00"}
    (tmp_path / "config" / "plugin_edge_matting.json").write_text(json.dumps(settings))
    seconds = ran(python, "in_photobooth_app.py", tmp_path, str(photo), json.dumps({"ours": served.url, **faulty}))
    cut, taken = Image.open(tmp_path / "ours.png"), Image.open(photo)
    assert cut.size == taken.size and cut.getpixel((0, 0)) == (0, 255, 0) and 0.1 < green(tmp_path / "ours.png") < 0.8
    for name in faulty:
        assert np.array_equal(np.asarray(Image.open(tmp_path / f"{name}.png")), np.asarray(taken)), name
        assert seconds[name] < TIMEOUT + SLACK, name


def test_pibooth(
    served: Served, faulty: dict[str, str], tmp_path: Path, photo: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    python = environment(tmp_path_factory, "pibooth==2.1.1")
    home = tmp_path / ".config" / "pibooth"
    home.mkdir(parents=True)
    installed(PLUGINS / "pibooth" / "README.md", tmp_path)
    config = home / "pibooth.cfg"
    general = f"[GENERAL]\ndirectory = {tmp_path / 'pictures'}\nplugins = {home / 'pibooth_edge_matting.py'}\n"
    config.write_text(f"{general}[EDGE_MATTING]\ntimeout = {TIMEOUT:.0f}\nbackground = (0, 255, 0)\n")
    made = ran(python, "in_pibooth.py", tmp_path, str(config), str(photo), json.dumps({"ours": served.url, **faulty}))
    assert green(Path(made["ours"][0])) > 0.1
    raw = tmp_path / "pictures" / "raw" / made["ours"][1]
    assert sorted(each.name for each in raw.iterdir()) == ["pibooth000.jpg", "pibooth001.jpg"]
    assert green(raw / "pibooth000.jpg") == 0  # what was taken stays
    for name in faulty:
        assert green(Path(made[name][0])) == 0, name
        assert made[name][2] < TIMEOUT + SLACK, name
