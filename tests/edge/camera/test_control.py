"""The control socket, spoken to by all sorts of clients. Real sockets, the loop of the test."""

from __future__ import annotations

import contextlib
import selectors
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.camera.control import NAME, Control, Tell, talk


class Served:
    """The socket in a loop of its own. heard: all lines; each is answered with "you said …"."""

    def __init__(self, folder: Path) -> None:
        self.heard: list[str] = []
        self._selector = selectors.DefaultSelector()
        self._control = Control(folder, self._selector, self._answer)
        self._path = folder / NAME
        self._stopping = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _answer(self, line: str, tell: Tell) -> None:
        self.heard.append(line)
        tell(f"you said {line}")

    def _run(self) -> None:
        while not self._stopping:
            for key, _ in self._selector.select(0.01):
                key.data()

    def close(self) -> None:
        self._stopping = True
        self._thread.join()
        self._control.close()

    def client(self) -> socket.socket:
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.connect(str(self._path))
        client.settimeout(10)
        return client


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    it = Served(tmp_path)
    yield it
    it.close()


def answers(client: socket.socket, line: bytes) -> str:
    client.sendall(line)
    return read_line(client)


def read_line(client: socket.socket) -> str:
    data = b""
    while not data.endswith(b"\n"):
        data += client.recv(1)
    return data.decode()


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def gone(client: socket.socket) -> bool:
    try:
        return client.recv(1 << 16) == b""
    except ConnectionError:
        return True


def test_a_line_is_a_line_however_it_is_cut_up(served: Served) -> None:
    with served.client() as slow, served.client() as other:
        for byte in b"snap 2":
            slow.sendall(bytes([byte]))
            assert answers(other, b"status\n") == "you said status\n", "nobody waits for the slow one"
        assert answers(slow, b" 3\r\n") == "you said snap 2 3\n"
        slow.sendall(b"one\ntwo\nthr")
        assert [read_line(slow) for _ in range(2)] == ["you said one\n", "you said two\n"]


@pytest.mark.parametrize("garbage", [b"\0\xff\xfe\x80\n", b"\n", b"snap \xe2\x98\x83 \xff\n", b"%s%n{}\n"])
def test_garbage_is_heard_as_some_line_and_harms_nobody(served: Served, garbage: bytes) -> None:
    with served.client() as client:
        assert answers(client, garbage).startswith("you said")
        assert answers(client, b"status\n") == "you said status\n"


@pytest.mark.parametrize("flood", [b"x" * 100_000, b"x" * 1000 + b"\n"])
def test_who_speaks_without_end_is_shown_out(served: Served, flood: bytes) -> None:
    with served.client() as client, contextlib.suppress(ConnectionError):
        client.sendall(flood)
        assert gone(client)
    assert served.heard == []
    assert next(talk(served._path.parent, "status", 10)) == "you said status"


def test_who_never_listens_delays_nobody(served: Served) -> None:
    with served.client() as deaf, served.client() as other:
        deaf.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            for _ in range(10_000):
                deaf.send(b"status\n" * 100)
        assert answers(other, b"snap\n") == "you said snap\n"


def test_who_leaves_in_the_middle_is_forgotten(served: Served) -> None:
    for _ in range(50):
        with served.client() as client:
            client.sendall(b"snap")
    with served.client() as client:
        client.sendall(b"snap\n")
    with served.client() as client:
        assert answers(client, b"status\n") == "you said status\n"
    assert served.heard == ["snap", "status"], (
        "half a line is none, and a whole one counts though nobody waited for its answer"
    )


def test_many_who_only_hold_their_place_do_not_lock_others_out(served: Served) -> None:
    before = descriptors()
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(served.client()) for _ in range(40)]
        assert next(talk(served._path.parent, "snap", 10)) == "you said snap"
        assert gone(idle[0])
        assert answers(idle[-1], b"status\n") == "you said status\n"
        assert descriptors() - before <= 40 + 16
    assert next(talk(served._path.parent, "snap", 10)) == "you said snap"


def test_it_is_for_the_service_and_its_group_alone_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("left by a crash")
    folder = tmp_path / ("deep" * 30) / ("er" * 60)  # longer than a socket's address may be
    folder.mkdir(parents=True)
    for place in (tmp_path, folder):
        served = Served(place)
        mode = (place / NAME).stat().st_mode
        assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o660
        assert next(talk(place, "status", 10)) == "you said status"
        served.close()
        assert not (place / NAME).exists()
        with pytest.raises(OSError):
            next(talk(place, "status", 10))


def test_who_is_shown_out_while_speaking_is_no_longer_heard(tmp_path: Path) -> None:
    """By hand, so that both happen in one round: somebody new comes, and the one who makes room for them speaks."""
    heard: list[str] = []
    with contextlib.ExitStack() as stack, selectors.DefaultSelector() as selector:
        control = Control(tmp_path, selector, lambda line, tell: heard.append(line))
        clients = [stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) for _ in range(17)]
        for number, client in enumerate(clients):
            client.connect(str(tmp_path / NAME))
            if number == 16:
                clients[0].sendall(b"snap\n")
            for key, _ in selector.select():
                key.data()
        assert heard == [] and gone(clients[0])
        control.close()
