"""Live pictures over HTTP: real connections, read by hand and by Pillow."""

from __future__ import annotations

import asyncio
import contextlib
import io
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.parser import BytesParser
from typing import BinaryIO

import numpy as np
import pytest
import simplejpeg
import uvicorn
from PIL import Image

from edge.config.http import HttpOptions
from edge.http import live as live_module
from edge.http import protocol
from edge.http.app import make_live_app
from edge.http.live import LivePictures
from edge.ipc.picture_stream import PictureSender, picture_pair
from tests.edge.hot import wait_for
from tests.edge.http.client import ask, connect, free_port, listens


def picture(brightness: int) -> bytes:
    """A plain grey."""
    return bytes(simplejpeg.encode_jpeg(np.full((64, 64, 3), brightness, np.uint8), 95))


class Stage:
    """The server on a port of its own, with pictures that the test shows. fault: why there are none."""

    def __init__(self) -> None:
        self.port = free_port()
        self.asked, self.fault, self.late = 0, "", False
        self.sender: PictureSender | None = None
        self._shown = b""
        config = uvicorn.Config("", http=protocol.PatientProtocol, lifespan="off", log_config=None)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, args=[config])
        self._thread.start()
        wait_for(lambda: listens(self.port))

    def show(self, jpeg: bytes) -> None:
        self._shown = jpeg
        if self.sender is not None:
            self.sender.send(jpeg)

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        if self.sender is not None:
            self.sender.close()

    def _run(self, config: uvicorn.Config) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            self.live = LivePictures(self._on_ask)
            config.app = make_live_app(HttpOptions(("127.0.0.1", self.port)), self.live)
            config.load()
            closing = asyncio.ensure_future(self._hang_up())
            await self._server._serve([socket.create_server(("127.0.0.1", self.port))])
            await closing

        asyncio.run(serve())

    async def _hang_up(self) -> None:
        while not self._server.should_exit:
            await asyncio.sleep(0.05)
        self.live.close()

    def give(self) -> None:
        """The stream that was asked for, later."""
        asyncio.run_coroutine_threadsafe(self._give_later(), self._loop).result()

    async def _give_later(self) -> None:
        self._give()

    def _on_ask(self) -> None:
        self.asked += 1
        if self.fault:
            self.live.refuse(self.fault)
        elif not self.late:
            self._give()

    def _give(self) -> None:
        if self.sender is not None:
            self.sender.close()
        sending, receiving = picture_pair()
        self.sender = PictureSender(sending.detach())
        self.live.give(receiving.detach())
        if self._shown:
            self.sender.send(self._shown)

    @contextlib.contextmanager
    def get(self, path: str) -> Iterator[BinaryIO]:
        """The connection, its request sent, nothing read."""
        with connect(self.port) as sock:
            sock.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
            with sock.makefile("rb") as answer:
                yield answer


@pytest.fixture
def stage() -> Iterator[Stage]:
    it = Stage()
    yield it
    it.close()


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
    stage.show(picture(20))
    with stage.get("/live.mjpg") as stream:
        assert abs(part(stream) - 20) <= 1
        for brightness in (40, 90, 140):
            stage.show(picture(brightness))
            assert abs(part(stream) - brightness) <= 1


def test_who_comes_late_or_is_slow_gets_the_newest_and_delays_nobody(stage: Stage) -> None:
    """The slow one reads nothing at all, of pictures that fill every buffer."""
    noise = np.random.default_rng(1).integers(0, 255, (480, 640, 3)).astype(np.uint8)
    large = simplejpeg.encode_jpeg(noise, 95)
    stage.show(large)
    with stage.get("/live.mjpg"), stage.get("/live.mjpg") as quick:
        part(quick)
        for _ in range(40):
            stage.show(large)
            part(quick)
        stage.show(picture(200))
        assert abs(part(quick) - 200) <= 1
        with stage.get("/live.mjpg") as late:
            assert abs(part(late) - 200) <= 1
    assert stage.asked == 1


def test_eight_may_watch_and_one_who_leaves_makes_room(stage: Stage) -> None:
    stage.show(picture(100))
    address = f"http://127.0.0.1:{stage.port}/live.jpg"
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            part(stack.enter_context(stage.get("/live.mjpg")))
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(address, timeout=20)
        assert refused.value.read() == b"8 are watching already\n"
    wait_for(lambda: ask(stage.port, "/live.jpg")[0] == 200)


@pytest.mark.parametrize(
    "request_line", ["GET /../../etc/passwd HTTP/1.0", "POST / HTTP/1.0", "GARBAGE", "GET /nothing HTTP/1.1"]
)
def test_nothing_else_is_to_be_had(stage: Stage, request_line: str) -> None:
    stage.show(picture(100))
    with connect(stage.port) as sock:
        sock.sendall(request_line.encode() + b"\r\nHost: localhost\r\n\r\n")
        with sock.makefile("rb") as answer:
            said = answer.read()
    assert b"\xff\xd8" not in said and any(f"{code}".encode() in said for code in (400, 404, 405))


def test_a_query_and_a_head_are_answered(stage: Stage) -> None:
    """A page asks for /live.jpg?t=1 so that its browser takes no old one."""
    shown = picture(100)
    stage.show(shown)
    assert ask(stage.port, "/live.jpg?t=1") == (200, shown)
    assert ask(stage.port, "/live.jpg", "HEAD") == (200, b"") and ask(stage.port, "/live.mjpg", "HEAD") == (200, b"")
    with stage.get("/?t=1") as stream:
        assert abs(part(stream) - 100) <= 1


def test_a_picture_is_waited_for_and_its_absence_explained(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(live_module, "_PATIENCE", 0.1)
        code, words = ask(stage.port, "/live.jpg")
        assert code == 503 and b"edge-matting status says how the camera is" in words
    threading.Timer(0.2, stage.show, [picture(100)]).start()
    assert ask(stage.port, "/live.jpg")[0] == 200


def test_who_cannot_be_shown_anything_hears_why_until_there_is_something(stage: Stage) -> None:
    stage.fault = "the camera does not run"
    assert ask(stage.port, "/live.jpg") == (503, b"the camera does not run\n")
    assert ask(stage.port, "/live.mjpg") == (503, b"the camera does not run\n")
    stage.fault = ""
    stage.show(picture(100))
    wait_for(lambda: ask(stage.port, "/live.jpg")[0] == 200)


def test_a_stream_goes_on_when_the_camera_has_come_back(stage: Stage) -> None:
    stage.show(picture(100))
    with stage.get("/live.mjpg") as stream:
        part(stream)
        assert stage.sender is not None
        stage.fault = "the camera does not run"
        stage.sender.close()
        wait_for(lambda: stage.asked > 1)
        stage.fault = ""
        stage.show(picture(200))
        assert abs(part(stream) - 200) <= 1


def test_nothing_is_asked_for_while_nobody_watches(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "_LINGER", 0.1)
    assert stage.asked == 0
    stage.show(picture(100))
    assert ask(stage.port, "/live.jpg")[0] == 200
    assert stage.sender is not None
    sender = stage.sender
    wait_for(lambda: not sender.send(picture(100)))
    assert ask(stage.port, "/live.jpg")[0] == 200 and stage.asked == 2


def test_a_stream_that_comes_when_nobody_watches_any_more_ends_too(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The supervisor may be slow: what was asked for would otherwise be made for ever."""
    monkeypatch.setattr(live_module, "_PATIENCE", 0.1)
    monkeypatch.setattr(live_module, "_LINGER", 0.1)
    stage.late = True
    assert ask(stage.port, "/live.jpg")[0] == 503
    time.sleep(0.5)
    stage.give()
    assert stage.sender is not None
    sender = stage.sender
    wait_for(lambda: not sender.send(picture(100)))


def test_what_is_no_picture_ends_the_stream_of_who_sent_it_and_no_viewers(stage: Stage) -> None:
    stage.show(picture(100))
    with stage.get("/live.mjpg") as stream:
        part(stream)
        assert stage.sender is not None
        stage.sender._channel._socket.send(b"garbage")
        wait_for(lambda: stage.asked > 1)
        stage.show(picture(200))
        assert abs(part(stream) - 200) <= 100


def test_a_thousand_connections_hinder_no_viewer(stage: Stage) -> None:
    """They come in waves, of as many as a process may have open."""
    stage.show(picture(1))
    with stage.get("/live.mjpg") as stream:
        part(stream)
        for wave in range(5):
            with contextlib.ExitStack() as crowd:
                for _ in range(200):
                    with contextlib.suppress(ConnectionError):  # let go before it was even through
                        crowd.enter_context(connect(stage.port))
                for brightness in (50 * wave + 1, 50 * wave + 40):
                    stage.show(picture(brightness))
                    assert abs(part(stream) - brightness) <= 1


def test_who_takes_nothing_is_let_go_and_makes_room(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "_STALLED", 0.2)
    monkeypatch.setattr(live_module, "_MOST_VIEWERS", 1)
    large = bytes(16 << 20)  # more than the kernel keeps for a connection
    stage.show(large)
    with stage.get("/live.mjpg") as idle:
        wait_for(lambda: ask(stage.port, "/live.jpg")[0] == 503)
        wait_for(lambda: ask(stage.port, "/live.jpg") == (200, large))
        with contextlib.suppress(ConnectionError):
            assert len(idle.read()) < len(large)
