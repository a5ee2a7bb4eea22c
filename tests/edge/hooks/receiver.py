"""Those who are told of photos: a server that is well, servers that are not, and programs."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Receiver:
    """A server that takes what is posted. answers: the status of each answer in turn, then 200.
    posts: path and JSON of each."""

    def __init__(self, *answers: int, port: int = 0, location: str = "") -> None:
        self.posts: list[tuple[str, dict[str, Any]]] = []
        self.headers: dict[str, str] = {}
        remaining = list(answers)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(handler) -> None:  # noqa: N805
                body = handler.rfile.read(int(handler.headers["Content-Length"]))
                self.headers = dict(handler.headers)
                self.posts.append((handler.path, json.loads(body)))
                handler.send_response(remaining.pop(0) if remaining else 200)
                if location:
                    handler.send_header("Location", location)
                handler.send_header("Content-Length", "3")
                handler.end_headers()
                handler.wfile.write(b"ok\n")

            def log_message(handler, format: str, *arguments: object) -> None:  # noqa: N805
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/photos?key=1"

    def told(self) -> list[tuple[str, str]]:
        """What became of each photo, and its name, in order."""
        return [(table["event"], table["name"]) for _, table in self.posts]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextlib.contextmanager
def stranger(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """The address of a server that does with each connection what `answer` does."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ended = threading.Event()

        def served(connection: socket.socket) -> None:
            with connection, contextlib.suppress(OSError):
                answer(connection)

        def accept() -> None:
            while not ended.is_set():
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=served, args=[connection], daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            ended.set()
            listener.shutdown(socket.SHUT_RDWR)


def script(path: Path, body: str) -> Path:
    """An executable shell script."""
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def lines(path: Path) -> list[dict[str, Any]]:
    """The JSON lines in a file that a program writes."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
