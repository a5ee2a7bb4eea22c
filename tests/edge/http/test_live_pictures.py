"""Live pictures over HTTP: real connections, read by hand and by Pillow."""

from __future__ import annotations

import contextlib
import io
import itertools
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.parser import BytesParser
from typing import BinaryIO

import numpy as np
import pytest
import simplejpeg
from PIL import Image

from edge.http import live_pictures
from edge.http import server as server_module
from edge.http.live_frame import LiveFrame
from edge.http.live_pictures import live_server
from edge.ipc.latest import Latest
from tests.edge.hot import wait_for
from tests.edge.http.client import ask, connect, free_port, listens


def picture(number: int, size: int = 64) -> LiveFrame:
    """A plain grey whose brightness is its number."""
    grey = np.full((size, size, 3), number, np.uint8)
    return LiveFrame(number, simplejpeg.encode_jpeg(grey, 95))


class Stage:
    """The server on a port of its own, with pictures that the test puts there."""

    def __init__(self) -> None:
        self.pictures: Latest[LiveFrame] = Latest()
        self.port = free_port()
        self.server = live_server(("127.0.0.1", self.port), self.pictures)
        wait_for(lambda: listens(self.port))

    @contextlib.contextmanager
    def get(self, path: str) -> Iterator[BinaryIO]:
        """The connection, its request sent, nothing read."""
        with connect(self.port) as sock:
            sock.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
            with sock.makefile("rb") as answer:
                yield answer


@pytest.fixture
def stage() -> Iterator[Stage]:
    it = Stage()
    yield it
    it.pictures.close()
    it.server.close()


def part(stream: BinaryIO) -> int:
    """The next picture of a stream, as multipart/x-mixed-replace has it: its brightness."""
    lines = list(iter(stream.readline, b"\r\n"))
    while not lines or not lines[0].startswith(b"--"):  # the answer's own headers, or the end of the part before
        lines = list(iter(stream.readline, b"\r\n"))
    headers = BytesParser().parsebytes(b"".join(lines[1:]))
    assert headers["Content-Type"] == "image/jpeg"
    with Image.open(io.BytesIO(stream.read(int(headers["Content-Length"])))) as image:
        return int(np.asarray(image).mean().round())


def test_every_picture_comes_whole_and_in_its_order(stage: Stage) -> None:
    with stage.get("/live.mjpg") as stream:
        for number in (40, 90, 140):
            stage.pictures.put(picture(number))
            assert abs(part(stream) - number) <= 1


def test_who_comes_late_or_is_slow_gets_the_newest_and_delays_nobody(stage: Stage) -> None:
    """The slow one reads nothing at all, of pictures that fill every buffer."""
    noise = np.random.default_rng(1).integers(0, 255, (480, 640, 3)).astype(np.uint8)
    large = simplejpeg.encode_jpeg(noise, 95)
    with stage.get("/live.mjpg"), stage.get("/live.mjpg") as quick:
        for number in range(1, 40):
            stage.pictures.put(LiveFrame(number, large))
            part(quick)
        stage.pictures.put(picture(200))
        assert abs(part(quick) - 200) <= 1
        with stage.get("/live.mjpg") as late:
            assert abs(part(late) - 200) <= 1


def test_eight_may_watch_and_one_who_leaves_makes_room(stage: Stage) -> None:
    stage.pictures.put(picture(100))
    address = f"http://127.0.0.1:{stage.port}/live.jpg"
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            part(stack.enter_context(stage.get("/live.mjpg")))
        with pytest.raises(urllib.error.HTTPError, match="8 are watching already") as refused:
            urllib.request.urlopen(address, timeout=20)
        refused.value.close()
    for number in itertools.count(101):  # it is noticed with the next pictures that they are gone
        stage.pictures.put(picture(number % 200))
        with contextlib.suppress(urllib.error.HTTPError), urllib.request.urlopen(address, timeout=20) as answer:
            assert Image.open(answer).size == (64, 64)
            break


@pytest.mark.parametrize("request_line", ["GET /../../etc/passwd HTTP/1.0", "POST / HTTP/1.0", "GARBAGE", "GET / HTTP/9.9"])
def test_nothing_else_is_to_be_had(stage: Stage, request_line: str) -> None:
    with connect(stage.port) as sock:
        sock.sendall(request_line.encode() + b"\r\n\r\n")
        with sock.makefile("rb") as answer:
            said = answer.read()
    assert b"\xff\xd8" not in said and any(f"{code}".encode() in said for code in (400, 404, 405))


def test_an_address_that_is_taken_is_told_and_had_as_soon_as_it_is_free(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(server_module, "_BIND_AGAIN", 0.05)
    pictures: Latest[LiveFrame] = Latest()
    pictures.put(picture(100))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = live_server(("127.0.0.1", port), pictures)
        wait_for(lambda: f"live.address 127.0.0.1:{port} cannot be served" in caplog.text)
    wait_for(lambda: listens(port))
    assert ask(port, "/live.jpg")[0] == 200
    server.close()


def test_the_end_of_live_video_ends_the_stream(stage: Stage) -> None:
    stage.pictures.put(picture(50))
    with stage.get("/live.mjpg") as stream:
        part(stream)
        threading.Timer(0.2, stage.pictures.close).start()
        assert stream.read().endswith(b"\r\n")


def test_a_query_and_a_head_are_answered(stage: Stage) -> None:
    """A page asks for /live.jpg?t=1 so that its browser takes no old one."""
    shown = picture(100)
    stage.pictures.put(shown)
    assert ask(stage.port, "/live.jpg?t=1") == (200, shown.jpeg)
    assert ask(stage.port, "/live.jpg", "HEAD") == (200, b"") and ask(stage.port, "/live.mjpg", "HEAD") == (200, b"")
    with stage.get("/live.mjpg?t=1") as stream:
        assert abs(part(stream) - 100) <= 1


def test_without_a_picture_a_single_one_is_waited_for(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(live_pictures, "_SILENCE", 0.1)
        assert ask(stage.port, "/live.jpg")[0] == 503
    threading.Timer(0.2, stage.pictures.put, [picture(100)]).start()
    assert ask(stage.port, "/live.jpg")[0] == 200


def test_the_last_picture_comes_again_when_none_follows(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_pictures, "_SILENCE", 0.1)
    stage.pictures.put(picture(100))
    with stage.get("/live.mjpg") as stream:
        assert [abs(part(stream) - 100) <= 1 for _ in range(3)] == [True] * 3


def test_a_thousand_connections_hinder_no_viewer(stage: Stage) -> None:
    """They come in waves, of as many as a process may have open."""
    with stage.get("/live.mjpg") as stream:
        for wave in range(5):
            with contextlib.ExitStack() as crowd:
                for _ in range(200):
                    crowd.enter_context(connect(stage.port))
                for number in (50 * wave + 1, 50 * wave + 40):
                    stage.pictures.put(picture(number))
                    assert abs(part(stream) - number) <= 1


def test_who_takes_nothing_is_let_go_and_makes_room(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "_STALLED", 0.2)
    monkeypatch.setattr(live_pictures, "_MOST_VIEWERS", 1)
    large = bytes(16 << 20)  # more than the kernel keeps for a connection
    with stage.get("/live.mjpg") as idle:
        stage.pictures.put(LiveFrame(1, large))
        wait_for(lambda: ask(stage.port, "/live.jpg")[0] == 503)
        wait_for(lambda: ask(stage.port, "/live.jpg") == (200, large))
        assert len(idle.read()) < len(large)
