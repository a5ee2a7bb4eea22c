"""Code that has taken over the HTTP server, locked in as that is: it speaks to the supervisor in the server's name.

`planted` makes a service whose HTTP servers can be taken over: a form that holds LIE=name; does it, and the server then tells
that lie of tests/attacks/http_lies.py. A server with LIE in its environment lies before it has come up.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Mapping
from pathlib import Path

from edge.config.options import Options
from edge.http.messages import (
    BACKGROUND,
    PHOTO,
    TO_HTTP,
    RequestClosed,
    RequestCut,
    RequestFailed,
    RequestOpened,
    RequestSent,
    SlotGiven,
)
from edge.ipc.channel import Channel, Received
from edge.ipc.messages import Message, encode

ROOT = Path(__file__).parents[2]
REQUEST = 1000  # a number of its own: the server's requests count from 1
_MARK = re.compile(rb"LIE=([a-z ]+);")
_PLANTED = """
import sys
if "edge.http.main" in sys.orig_argv:
    from tests.attacks import http_lies
    http_lies.take_over()
"""


def planted(folder: Path) -> str:
    """What PYTHONPATH must be. folder: is made, for what is planted."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(_PLANTED)
    return f"{folder}{os.pathsep}{ROOT}"


class Liar:
    """Says what it likes on the server's channel, a descriptor."""

    def __init__(self, channel: int) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, 0, fileno=channel)
        self._channel = Channel(self.socket, TO_HTTP, takes_files=True)

    def say(self, *messages: Message | bytes) -> None:
        for message in messages:
            self.socket.send(message if isinstance(message, bytes) else encode(message))

    def opened(self, number: int = REQUEST, size: int | None = 1 << 20, *, background: bool = False) -> Received:
        """With the files of a new request."""
        self.say(RequestOpened(number, size, background))
        return self.heard(SlotGiven)

    def heard(self, *kinds: type[Message]) -> Received:
        """The next message of these kinds."""
        while (received := self._channel.receive()) is not None:
            if isinstance(received.message, kinds):
                return received
        os._exit(1)

    def asks(self, options: Options, photo: bytes = b"", *, background: bytes | None = None) -> None:
        """A request from its opening to what becomes of it, which it tells."""
        files = self.opened(background=background is not None).files
        os.write(files[PHOTO], photo)
        if background is not None:
            os.write(files[BACKGROUND], background)
        self.say(RequestSent(REQUEST, options, background is not None))
        self.tell_answer()

    def tell_answer(self) -> None:
        answer = self.heard(RequestCut, RequestFailed).message
        tell(f"cut {answer.suffix}" if isinstance(answer, RequestCut) else f"refused {answer.error}: {answer.words}")
        self.say(RequestClosed(REQUEST))


def tell(words: str) -> None:
    """Into the service's log."""
    os.write(2, f"liar: {words}\n".encode())


def tried(what: str, deed: Callable[[], object]) -> None:
    """Tells what it got away with."""
    try:
        deed()
    except OSError as error:
        tell(f"{what}: {os.strerror(error.errno or 0)}")
    else:
        tell(f"{what}: SUCCEEDED")


def lie_in_forms(liar: Liar, lies: Mapping[str, Callable[[Liar], object]]) -> None:
    """From now on a form that names a lie has it told."""
    from python_multipart import multipart

    class Planted:
        """Stands in for the parser of forms."""

        def __init__(self, *_: object) -> None: ...

        def write(self, data: bytes) -> None:
            found = _MARK.search(data)
            if found:
                lies[found[1].decode()](liar)

        def finalize(self) -> None: ...

    multipart.MultipartParser = Planted  # type: ignore[misc, assignment]
