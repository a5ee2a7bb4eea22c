"""Those who take pictures without asking `edge-matting snap`: a button, a script with a socket, a person who stands still."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edge.camera.control import talk
from edge.commands.bench import clip
from tests.edge.camera.booth import Booth, booth
from tests.edge.camera.films import FPS, HEIGHT, WIDTH, Film
from tests.edge.hot import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("gstreamer")]


def taken(hot: Booth, folder: str) -> list[Path]:
    """Originals whose photo is done."""
    return sorted((hot.done / folder).glob("*.jpg"))


def test_a_button_and_a_line_on_the_socket_take_pictures(
    tmp_path: Path, film: Film, booths: list[Booth], monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "button")
    monkeypatch.setenv("EDGE_MATTING_TEST_BUTTON", str(tmp_path / "button"))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent / "fake_gpio"))
    crop = 'flip = "mirror"\ncrop = [100, 0, 400, 360]\n'
    hot = booth(tmp_path, f'[camera]\nsource = "{film.path}"\nburst = 2\n{crop}button = "/dev/gpiochip0 17"\n')
    booths.append(hot)
    wait_for(lambda: "frames of" in hot.said(), hot)
    with (tmp_path / "button").open("wb", buffering=0) as button:
        button.write(b"x")
        wait_for(lambda: len(taken(hot, "snap")) == 2, hot)
    # What `printf 'snap 1\n' | nc -U control.sock` does: it says its line and waits for nothing.
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as script:
        script.connect(str(hot.state / "control.sock"))
        script.sendall(b"snap 1\n")
        script.shutdown(socket.SHUT_WR)
    wait_for(lambda: len(taken(hot, "snap")) == 3, hot)
    for path in taken(hot, "snap"):
        with Image.open(path) as image:
            rgb = np.asarray(image).astype(int)
        assert min(np.abs(rgb - frame[:, ::-1][:, 100:500]).mean() for frame in film.frames) < 6


def test_whoever_steps_in_and_stands_still_is_taken_once(tmp_path: Path, film: Film, booths: list[Booth]) -> None:
    """A wall, a person who walks in, stands, and is gone; again and again."""
    nobody = np.clip(np.rint(clip.wall(HEIGHT, WIDTH)), 0, 255).astype(np.uint8)
    walking, standing = film.frames[36:51], film.frames[10:36]
    frames = [nobody] * round(1.4 * FPS) + walking + standing + standing[::-1]
    clip.write_h264(iter(frames), tmp_path / "visits.mp4", FPS, (WIDTH, HEIGHT))
    hot = booth(tmp_path, f'[camera]\nsource = "{tmp_path / "visits.mp4"}"\nperson_seconds = 0.7\n')
    booths.append(hot)
    wait_for(lambda: len(taken(hot, "interval")) == 2, hot)
    visits = json.loads(next(talk(hot.state, "status", 20)))["openings"]
    assert len(taken(hot, "interval")) <= visits
    assert not hot.files("no_person", "failed")
    for path in taken(hot, "interval"):
        with Image.open(hot.outbox / "interval" / f"{path.stem}.png") as image:
            alpha = np.asarray(image)[..., 3].astype(int)
        assert np.abs(alpha - film.truth[20] * 255).mean() < 2, "where they stood, not where they walked"
