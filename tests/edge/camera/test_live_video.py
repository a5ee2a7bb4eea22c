"""Live video of the service, through its public doors: who watches it, and what that costs when nobody does."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import os
import signal
import socket
import subprocess
import urllib.request
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from edge.camera.control import talk
from edge.monitoring.status import SourceStatus, read_status
from tests.edge.camera.booth import Booth, booth
from tests.edge.camera.films import Film
from tests.edge.hot import wait_for
from tests.edge.http.client import answers, ask, free_port, listens

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("gstreamer")]
_NOBODY = '[camera]\nsource = "test://"\nwidth = 320\nheight = 240\n'


def fps(hot: Booth) -> float | None:
    """Live frames a second; None where no live video is made, or the camera does not answer."""
    with contextlib.suppress(OSError, StopIteration):
        live = json.loads(next(talk(hot.state, "status", 20))).get("live")
        return None if live is None else float(live["fps"])
    return None


def flows(hot: Booth) -> bool:
    with contextlib.suppress(OSError, StopIteration):
        return bool(json.loads(next(talk(hot.state, "status", 20)))["flowing"])
    return False


def source(hot: Booth, name: str) -> SourceStatus:
    return next(source for source in read_status(hot.state / "status.json").sources if source.name == name)


def test_live_video_is_seen_by_an_independent_client_and_kept_as_a_film(
    tmp_path: Path, film: Film, booths: list[Booth]
) -> None:
    port = free_port()
    live = f'[live]\naddress = "127.0.0.1:{port}"\nfile = "live.mkv"\nbackground = "#0000FF"\n'
    hot = booth(tmp_path, f'[camera]\nsource = "{film.path}"\nperson_seconds = 0.3\n' + live)
    booths.append(hot)
    wait_for(lambda: (fps(hot) or 0) > 0 and answers(port, "/live.jpg"), hot)
    client = cv2.VideoCapture(f"http://127.0.0.1:{port}/live.mjpg")
    shown = [client.read()[1] for _ in range(8)]
    client.release()
    assert [picture is not None and picture.shape for picture in shown] == [(360, 640, 3)] * 8
    picture = shown[-1][..., ::-1].astype(int)
    blue = np.abs(picture - (0, 0, 255)).max(axis=2) < 40
    shares = [(truth < 0.01).mean() for truth in film.truth]
    assert min(shares) - 0.05 < blue.mean() < max(shares) + 0.05, "the wall is gone and the person is not"
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/live.jpg", timeout=20) as answer:
        assert Image.open(io.BytesIO(answer.read())).size == (640, 360)
    wait_for(lambda: any(name.startswith("interval/") for name in hot.files("outbox")), hot)
    assert hot.stop() == 0
    kept = cv2.VideoCapture(str(tmp_path / "live.mkv"))
    frames = 0
    while kept.read()[0]:
        frames += 1
    assert frames >= 3, "a slow machine's film misses pictures, as a slow viewer does"


def test_when_the_camera_goes_nobody_stays_frozen_before_the_picture(tmp_path: Path, film: Film, booths: list[Booth]) -> None:
    port = free_port()
    source = tmp_path / "source.mp4"
    source.symlink_to(film.path)
    Image.new("RGB", (70, 90), "#0000FF").save(tmp_path / "sky.png")
    hot = booth(tmp_path, f'[camera]\nsource = "{source}"\n[live]\naddress = "127.0.0.1:{port}"\nbackground = "sky.png"\n')
    booths.append(hot)

    def blue() -> float:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/live.jpg", timeout=20) as answer:
            picture = np.asarray(Image.open(io.BytesIO(answer.read()))).astype(int)
        return float((np.abs(picture - (0, 0, 255)).max(axis=2) < 40).mean())

    wait_for(lambda: answers(port, "/live.jpg") and blue() < 0.9, hot)
    source.unlink()
    wait_for(lambda: blue() == 1.0, hot)


def test_live_video_is_made_while_somebody_watches(tmp_path: Path, film: Film, booths: list[Booth]) -> None:
    port = free_port()
    hot = booth(tmp_path, f'[camera]\nsource = "{film.path}"\n[http]\nlisten = "127.0.0.1:{port}"\n')
    booths.append(hot)
    wait_for(lambda: flows(hot) and answers(port, "/healthz"), hot)
    assert fps(hot) is None
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/live.mjpg", timeout=20) as stream:
        assert stream.read(30).startswith(b"--")
        wait_for(lambda: (fps(hot) or 0) > 0, hot)
    wait_for(lambda: fps(hot) is None, hot)
    assert answers(port, "/live.jpg")


@pytest.mark.parametrize("module", ["edge.camera.process", "edge.http.main"])
def test_whoever_of_the_two_is_killed_live_video_comes_back(tmp_path: Path, module: str, booths: list[Booth]) -> None:
    port = free_port()
    hot = booth(tmp_path, _NOBODY + f'[http]\nlisten = "127.0.0.1:{port}"\n')
    booths.append(hot)
    wait_for(lambda: flows(hot) and answers(port, "/live.jpg"), hot)
    pid = hot.child(module.encode())
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: hot.child(module.encode()) not in (None, pid), hot)
    wait_for(lambda: answers(port, "/live.jpg"), hot)


def test_without_a_camera_who_wants_to_watch_hears_why(tmp_path: Path, booths: list[Booth]) -> None:
    port = free_port()
    hot = booth(tmp_path, f'[http]\nlisten = "127.0.0.1:{port}"\n')
    booths.append(hot)
    wait_for(lambda: listens(port), hot)
    assert ask(port, "/live.jpg") == (503, b"no camera runs with this service: see camera.source\n")


def test_an_address_of_its_own_shows_pictures_and_nothing_else(tmp_path: Path, booths: list[Booth]) -> None:
    ports = free_port("::1"), free_port()
    extra = f'[live]\naddress = "[::1]:{ports[0]}"\n[http]\nlisten = "127.0.0.1:{ports[1]}"\n'
    hot = booth(tmp_path, _NOBODY + extra)
    booths.append(hot)
    wait_for(lambda: flows(hot) and answers(ports[1], "/healthz") and listens(ports[0], "::1"), hot)
    connection = http.client.HTTPConnection("::1", ports[0], timeout=20)
    connection.request("GET", "/")
    with urllib.request.urlopen(f"http://127.0.0.1:{ports[1]}/live.mjpg", timeout=20) as other:
        assert other.read(4) == b"--ed" and connection.getresponse().read(4) == b"--ed"
    connection.close()
    assert [ask(ports[0], path, host="::1")[0] for path in ("/status", "/metrics", "/api", "/events")] == [404] * 4
    assert ask(ports[0], "/cut", "POST", host="::1")[0] == 404


def test_an_address_that_is_taken_costs_live_video_and_not_the_shutter(tmp_path: Path, booths: list[Booth]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        address = f"127.0.0.1:{port}"
        hot = booth(tmp_path, _NOBODY + f'[live]\naddress = "{address}"\n')
        booths.append(hot)
        wait_for(lambda: f"live.address {address} cannot be served" in hot.said(), hot)
        wait_for(lambda: flows(hot), hot)
        assert hot.snap().returncode == 0
        words = f"{address} cannot be served: Address already in use; end what uses it"
        wait_for(lambda: source(hot, "live").words.startswith(words), hot)
        command = [*hot.command()[:3], "status", "--config", str(hot.config)]
        assert words in subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    wait_for(lambda: source(hot, "live").up and answers(port, "/live.jpg"), hot)
    assert hot.said().count("cannot be served") == 1


def test_a_unit_without_network_tells_that_its_live_video_cannot_be_seen(tmp_path: Path, booths: list[Booth]) -> None:
    hot = Booth(tmp_path, _NOBODY + '[live]\naddress = "[::1]:8080"\n')
    without_network = ["unshare", "--net", "--map-root-user"]  # not even the loopback is up
    if subprocess.run([*without_network, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no network namespaces here")
    booths.append(hot)
    hot.start(*without_network)
    wait_for(lambda: "cannot be served" in hot.said(), hot)
    wait_for(lambda: source(hot, "camera").up and "drop-ins/network.conf" in source(hot, "live").words, hot)
