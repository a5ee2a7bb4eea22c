"""The service with a camera, through its public doors: files, socket, HTTP. GStreamer, network and clients are real."""

from __future__ import annotations

import io
import json
import os
import pty
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edge.camera.control import talk
from edge.monitoring.status import SourceStatus, read_status
from tests.edge.camera.booth import Booth, booth
from tests.edge.camera.films import Film
from tests.edge.hot import portrait, wait_for
from tests.edge.http.client import answers, connect, free_port

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("gstreamer")]
_NOBODY = '[camera]\nsource = "test://"\nwidth = 320\nheight = 240\n'


def status(hot: Booth) -> dict[str, object]:
    table: dict[str, object] = json.loads(next(talk(hot.state, "status", 20)))
    return table


def camera_status(hot: Booth) -> SourceStatus:
    """What the service says of its camera."""
    return next(source for source in read_status(hot.state / "status.json").sources if source.name == "camera")


def flows(hot: Booth) -> bool:
    try:
        return bool(status(hot)["flowing"])
    except (OSError, StopIteration):
        return False


def distance(path: Path, film: Film) -> float:
    """How far the alpha of a cut-out is from the nearest of the true ones, mean, 0..255."""
    with Image.open(path) as image:
        assert image.mode == "RGBA"
        alpha = np.asarray(image)[..., 3].astype(np.float32)
    return min(float(np.abs(alpha - truth * 255).mean()) for truth in film.truth)


def test_a_snap_of_a_film_comes_out_cut_and_its_original_is_kept(tmp_path: Path, film: Film, booths: list[Booth]) -> None:
    hot = booth(tmp_path, f'[camera]\nsource = "{film.path}"\nburst = 2\n')
    booths.append(hot)
    wait_for(lambda: flows(hot), hot)
    result = hot.snap("--countdown", "1")
    assert result.returncode == 0, result.stderr
    said = result.stdout.splitlines()
    assert said[0] == "countdown 1" and len(said) == 3
    names = [Path(line).stem for line in said[1:]]
    wait_for(lambda: len(hot.files("outbox", "done")) == 4, hot)
    assert hot.files("outbox") == {f"snap/{name}.png" for name in names}
    for name in names:
        assert distance(hot.outbox / "snap" / f"{name}.png", film) < 2
        with Image.open(hot.done / "snap" / f"{name}.jpg") as original:
            assert original.size == (640, 360)
            taken = original.getexif().get_ifd(0x8769)[0x9003]
            assert abs(time.mktime(time.strptime(taken, "%Y:%m:%d %H:%M:%S")) - time.time()) < 120
            rgb = np.asarray(original).astype(int)
        assert min(np.abs(rgb - frame).mean() for frame in film.frames) < 6


def test_a_snap_that_waits_prints_where_the_cut_out_lies(tmp_path: Path, film: Film, booths: list[Booth]) -> None:
    hot = booth(tmp_path, f'[camera]\nsource = "{film.path}"\nburst = 2\n')
    booths.append(hot)
    hot.drop("snap/edge-matting.toml", b'format = "webp"\n')
    wait_for(lambda: flows(hot), hot)
    result = hot.snap("--wait")
    assert result.returncode == 0, result.stderr
    assert {Path(line).suffix for line in result.stdout.splitlines()} == {".webp"}
    assert {Path(line) for line in result.stdout.splitlines()} == set((hot.outbox / "snap").iterdir())
    # In a terminal it waits unless told otherwise.
    ours, theirs = pty.openpty()
    command = [*hot.command()[:3], "snap", "--config", str(hot.config), "--count", "1"]
    subprocess.run(command, stdout=theirs, timeout=60, check=True)
    os.close(theirs)
    said = os.read(ours, 4096).decode().strip()
    os.close(ours)
    assert Path(said).parent == hot.outbox / "snap" and Path(said).exists()


def test_a_snap_that_waits_says_why_there_is_no_cut_out(tmp_path: Path, booths: list[Booth]) -> None:
    hot = booth(tmp_path, _NOBODY)
    booths.append(hot)
    wait_for(lambda: flows(hot), hot)
    result = hot.snap("--wait")
    assert result.returncode == 15 and result.stdout == ""
    assert result.stderr.startswith("snap/snap-") and "no person" in result.stderr
    worker = hot.worker()
    assert worker is not None
    os.kill(worker, signal.SIGSTOP)
    result = hot.snap("--wait", "--timeout", "1")
    os.kill(worker, signal.SIGCONT)
    assert result.returncode == 50
    assert "no cut-out of it came in time, it waits in the inbox: edge-matting status says" in result.stderr


def test_a_network_cameras_person_is_cut(tmp_path: Path, film: Film, rtsp: str, booths: list[Booth]) -> None:
    hot = booth(tmp_path, f'[camera]\nsource = "{rtsp}"\n')
    booths.append(hot)
    wait_for(lambda: flows(hot), hot)
    assert hot.snap().returncode == 0
    wait_for(lambda: hot.files("done"), hot)
    wait_for(lambda: camera_status(hot).up, hot)
    assert camera_status(hot).memory > 20e6
    assert distance(hot.outbox / hot.files("outbox").pop(), film) < 2


def test_every_way_to_press_and_to_be_refused(tmp_path: Path, booths: list[Booth]) -> None:
    (tmp_path / "presses").mkdir()
    (tmp_path / "presses" / "old").touch()
    hot = booth(tmp_path, _NOBODY + 'trigger = "presses"\ninterval_seconds = 1\nbutton = "/dev/gpiochip99 1"\n')
    booths.append(hot)
    wait_for(lambda: flows(hot), hot)
    assert "the button on /dev/gpiochip99" in hot.said()
    wait_for(lambda: any(name.startswith("interval/") for name in hot.files("no_person")), hot)
    assert not any(name.startswith("snap/") for name in hot.files("no_person", "inbox"))
    (tmp_path / "presses" / "new").touch()
    wait_for(lambda: any(name.startswith("snap/") for name in hot.files("no_person")), hot)
    assert next(talk(hot.state, "snap many", 20)).startswith("error")
    assert next(talk(hot.state, "snap 1 1e9", 20)).startswith("error a snap is 1 to")
    assert next(talk(hot.state, "dance", 20)).startswith("error say: snap")
    result = hot.snap("--count", "99")
    assert result.returncode == 40 and "1 to 20" in result.stderr


def test_a_trigger_folder_that_is_missing_is_made(tmp_path: Path, booths: list[Booth]) -> None:
    hot = booth(tmp_path, _NOBODY + 'trigger = "remote/presses"\n')
    booths.append(hot)
    wait_for(lambda: flows(hot), hot)
    (tmp_path / "remote" / "presses" / "new").touch()
    wait_for(lambda: any(name.startswith("snap/") for name in hot.files("no_person")), hot)


def test_a_trigger_folder_that_cannot_be_made_is_told_of(tmp_path: Path, booths: list[Booth]) -> None:
    (tmp_path / "file").touch()
    hot = booth(tmp_path, _NOBODY + 'trigger = "file/presses"\n')
    booths.append(hot)
    wait_for(lambda: flows(hot), hot)
    assert f"camera.trigger {tmp_path}/file/presses cannot be made: File exists; make it by hand" in hot.said()
    command = [*hot.command()[:3], "doctor", "--config", str(hot.config)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout
    assert f"the trigger folder {tmp_path}/file/presses is not there and cannot be made" in said
    assert hot.snap().returncode == 0


def test_without_a_service_or_a_camera_a_snap_says_so(tmp_path: Path) -> None:
    hot = Booth(tmp_path, _NOBODY)
    result = hot.snap()
    assert result.returncode == 40 and "no service with a camera is running" in result.stderr
    result = Booth(tmp_path, "").snap()
    assert result.returncode == 2 and "camera.source" in result.stderr


def test_a_camera_that_is_not_there_is_told_with_its_cause_and_the_hot_folder_works_on(
    tmp_path: Path, booths: list[Booth]
) -> None:
    hot = booth(tmp_path, '[camera]\nsource = "v4l2:///dev/video99"\n')
    booths.append(hot)
    hot.drop("a.jpg", portrait())
    wait_for(lambda: hot.files("outbox") == {"a.png"}, hot)
    result = hot.snap()
    assert result.returncode == 40 and "not there: plug it in" in result.stderr
    assert status(hot)["flowing"] is False
    told = camera_status(hot)
    assert told.words.startswith("/dev/video99: ") and "plug it in" in told.words and not told.up


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_cameras_process_comes_back_and_leaves_no_pipeline_behind(
    tmp_path: Path, number: signal.Signals, booths: list[Booth]
) -> None:
    hot = booth(tmp_path, _NOBODY)
    booths.append(hot)
    wait_for(lambda: flows(hot), hot)
    camera, pipeline = hot.camera(), hot.gstreamer()
    assert camera is not None and pipeline is not None
    if number == signal.SIGKILL:
        os.kill(camera, number)
        wait_for(lambda: not Path(f"/proc/{pipeline}").exists(), hot)
        wait_for(lambda: flows(hot), hot)
        assert hot.snap().returncode == 0
    assert hot.stop(signal.SIGTERM) == 0
    wait_for(lambda: not Path(f"/proc/{pipeline}").exists(), hot)
    assert not (hot.state / "control.sock").exists()


def test_a_snap_goes_before_a_backlog(tmp_path: Path, film: Film, booths: list[Booth]) -> None:
    hot = Booth(tmp_path, f'[camera]\nsource = "{film.path}"\n')
    data = portrait(160)
    for number in range(500):
        (hot.inbox / f"{number}.jpg").write_bytes(data + b"\0" * number)
    hot.start()
    booths.append(hot)
    wait_for(lambda: hot.files("outbox") and flows(hot), hot)
    assert hot.snap().returncode == 0
    before = len(hot.files("outbox"))
    wait_for(lambda: any(name.startswith("snap/") for name in hot.files("outbox")), hot)
    assert len(hot.files("outbox")) - before <= 10
    assert len(hot.files("inbox")) > 100, "the backlog is still there"


def test_a_photo_that_somebody_else_puts_into_snap_goes_first_too(tmp_path: Path) -> None:
    hot = Booth(tmp_path)
    for number in range(100):
        hot.drop(f"{number}.jpg", portrait(160))
    hot.drop("snap/guest.jpg", portrait(160))
    hot.start()
    try:
        wait_for(lambda: "snap/guest.png" in hot.files("outbox"), hot)
        assert len(hot.files("outbox")) <= 10
    finally:
        hot.stop(signal.SIGKILL)


def test_a_screen_takes_a_picture_over_http_and_gets_its_cut_out(tmp_path: Path, film: Film) -> None:
    port = free_port()
    camera = f'[camera]\nsource = "{film.path}"\n[http]\nlisten = "127.0.0.1:{port}"\n'
    hot = booth(tmp_path, camera)
    try:
        wait_for(lambda: flows(hot), hot)
        request = urllib.request.Request(f"http://127.0.0.1:{port}/snap?countdown=1", method="POST")
        with urllib.request.urlopen(request, timeout=60) as answer:
            cut = answer.read()
        with Image.open(io.BytesIO(cut)) as image:
            assert image.mode == "RGBA"
        (name,) = hot.files("outbox")
        assert (hot.outbox / name).read_bytes() == cut, "it lies in the outbox too"
        assert len(hot.files("done")) == 1
    finally:
        hot.stop()


def test_without_a_camera_a_snap_over_http_is_refused_in_words(tmp_path: Path) -> None:
    port = free_port()
    hot = booth(tmp_path, f'[http]\nlisten = "127.0.0.1:{port}"\n')
    try:
        wait_for(lambda: answers(port, "/healthz"), hot)
        request = urllib.request.Request(f"http://127.0.0.1:{port}/snap", method="POST")
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=60)
        assert refused.value.code == 409 and "no camera" in json.load(refused.value)["reason"]
    finally:
        hot.stop()


def test_a_picture_that_was_asked_of_a_server_that_is_gone_goes_to_nobody_else(tmp_path: Path, film: Film) -> None:
    """The next server counts its requests from one again."""
    port = free_port()
    hot = booth(tmp_path, f'[camera]\nsource = "{film.path}"\n[http]\nlisten = "127.0.0.1:{port}"\n')
    photo = portrait()
    try:
        wait_for(lambda: flows(hot), hot)
        with connect(port) as guest:
            guest.sendall(b"POST /snap?countdown=6 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            time.sleep(1)
            assert hot.kill_child("edge.http.main")
        wait_for(lambda: answers(port, "/healthz"), hot)
        with connect(port) as other:
            head = f"POST /cut HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(photo)}\r\n\r\n"
            other.sendall(head.encode() + photo[:1000])
            wait_for(lambda: hot.files("outbox"), hot)
            other.sendall(photo[1000:])
            answer = b"".join(iter(lambda: other.recv(65536), b""))
        with Image.open(io.BytesIO(answer.partition(b"\r\n\r\n")[2])) as image:
            assert image.size == (320, 320), "it is the photo that was sent"
    finally:
        hot.stop()
