"""The control socket: lines in, lines out. A person can speak it with `socat - UNIX:…/control.sock`.

snap [COUNT [COUNTDOWN]]   -> countdown 3 … taken snap/NAME.jpg … done, or: error WHY
status                     -> one line of JSON
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

NAME = "control.sock"
_LONGEST_LINE = 200
_MOST_CLIENTS = 16

Tell = Callable[[str], None]


class Control:
    """Listens in `folder`; `on_line(line, tell)` is called with each line, and may tell lines back at any later time."""

    def __init__(self, folder: Path, selector: selectors.BaseSelector, on_line: Callable[[str, Tell], None]) -> None:
        self._selector = selector
        self._on_line = on_line
        self._path = folder / NAME
        self._path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.setblocking(False)
        with _short(folder) as address:
            self._listener.bind(address)
        self._path.chmod(0o660)
        self._listener.listen()
        self._clients: dict[socket.socket, bytes] = {}
        selector.register(self._listener, selectors.EVENT_READ, self._accept)

    def close(self) -> None:
        for client in list(self._clients):
            self._drop(client)
        self._selector.unregister(self._listener)
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        client.setblocking(False)
        if len(self._clients) >= _MOST_CLIENTS:  # those who only hold their place must not lock everybody else out
            self._drop(next(iter(self._clients)))
        self._clients[client] = b""
        self._selector.register(client, selectors.EVENT_READ, lambda: self._on_readable(client))

    def _on_readable(self, client: socket.socket) -> None:
        if client not in self._clients:  # shown out by an earlier event of the same round
            return
        try:
            data = client.recv(4096)
        except OSError:
            data = b""
        *lines, rest = (self._clients[client] + data).split(b"\n")
        if not data or max(map(len, [*lines, rest])) > _LONGEST_LINE:
            self._drop(client)
            return
        self._clients[client] = rest
        for line in lines:
            self._on_line(line.decode("utf-8", "replace").strip(), lambda text: self._tell(client, text))

    def _tell(self, client: socket.socket, text: str) -> None:
        """Who went away, or does not listen, is told nothing."""
        with contextlib.suppress(OSError):
            client.send(text.encode() + b"\n")

    def _drop(self, client: socket.socket) -> None:
        self._selector.unregister(client)
        del self._clients[client]
        client.close()


def talk(folder: Path, line: str, seconds: float) -> Iterator[str]:
    """Say one line to the service whose state folder this is; gives its answers as they come, until nobody listens.

    seconds: the longest silence between two answers.

    Raises:
        OSError: nobody serves it; TimeoutError: silence.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.settimeout(seconds)
        with _short(folder) as address:
            server.connect(address)
        server.sendall(line.encode() + b"\n")
        with server.makefile("r", encoding="utf-8") as answers:
            for answer in answers:
                yield answer.rstrip("\n")


@contextlib.contextmanager
def _short(folder: Path) -> Iterator[str]:
    """The socket's address by way of an open folder: an address has room for 107 bytes, a path may be longer."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{NAME}"
    finally:
        os.close(descriptor)
