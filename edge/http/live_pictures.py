"""Live pictures over HTTP on a loopback address: /live.mjpg for a browser or a player, /live.jpg for a single one."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from edge.ipc.latest import Latest
from matting.errors import CameraError

_MOST_VIEWERS = 8
_BOUNDARY = "edge-matting-picture"
_SILENCE = 5.0  # seconds after which the last picture is sent again: some players give up on a silent stream


@dataclass(frozen=True, slots=True)
class LiveFrame:
    """A JPEG to show; number counts them."""

    number: int
    jpeg: bytes


class MjpegServer:
    """Serves until closed. Whoever is slow misses pictures, and delays nobody.

    Raises (when made):
        CameraError: the address is taken, or not to be had.
    """

    def __init__(self, address: tuple[str, int], pictures: Latest[LiveFrame]) -> None:
        host, port = address
        try:
            self._server = _Server(host, port, pictures)
        except OSError as error:
            raise CameraError(f"live.address {host}:{port} cannot be served: {error.strerror}") from error
        threading.Thread(target=self._server.serve_forever, name="mjpeg", daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, host: str, port: int, pictures: Latest[LiveFrame]) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.pictures = pictures
        self.slots = threading.BoundedSemaphore(_MOST_VIEWERS)
        super().__init__((host, port), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Viewers that went away are no news."""


class _Handler(BaseHTTPRequestHandler):
    timeout = 10.0  # a viewer that takes nothing for so long is let go
    server: _Server

    def do_GET(self) -> None:
        if self.path not in ("/", "/live.mjpg", "/live.jpg"):
            self.send_error(404)
        elif not self.server.slots.acquire(blocking=False):
            self.send_error(503, f"{_MOST_VIEWERS} are watching already")
        else:
            with contextlib.ExitStack() as stack:
                stack.callback(self.server.slots.release)
                self._single() if self.path == "/live.jpg" else self._stream()

    def _single(self) -> None:
        picture = self.server.pictures.after(0, _SILENCE)
        if picture is None:
            self.send_error(503)
            return
        self.send_response(200)
        self._picture_headers(picture)
        self.wfile.write(picture.jpeg)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={_BOUNDARY}")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        number = 0
        while not self.server.pictures.closed:
            picture = self.server.pictures.after(number, _SILENCE) or self.server.pictures.peek()
            if picture is not None:
                number = picture.number
                self.wfile.write(f"--{_BOUNDARY}\r\n".encode())
                self._picture_headers(picture)
                self.wfile.write(picture.jpeg + b"\r\n")

    def _picture_headers(self, picture: LiveFrame) -> None:
        self.send_header("Content-Type", "image/jpeg")
        self.send_header("Content-Length", str(len(picture.jpeg)))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Who watches is nobody's business."""
