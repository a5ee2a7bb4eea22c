"""A web address that is told of photos, and servers that do what they like."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.hooks.queue import HookFailed
from edge.hooks.webhook import Webhook
from tests.edge.hooks.receiver import Receiver, stranger
from tests.edge.http.client import free_port

TIMEOUT = 1.0


def within(seconds: float = TIMEOUT) -> Callable[[], float]:
    end = time.monotonic() + seconds
    return lambda: end


def says_nothing(connection: socket.socket) -> None:
    connection.recv(1)
    time.sleep(60)


def drips(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"H")
        time.sleep(0.2)


def drips_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
    drips(connection)


def continues_for_ever(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.05)


def floods_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-Many: 1\r\n" * 1000)


def says_garbage(connection: socket.socket) -> None:
    connection.recv(1)
    connection.sendall(b"\x00\xff garbage\r\n\r\n" * 100)


def hangs_up(connection: socket.socket) -> None:
    connection.recv(1)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (says_nothing, "it took too long"),
        (drips, "it took too long|no HTTP"),
        (drips_headers, "it took too long"),
        (continues_for_ever, "it took too long"),
        (floods_headers, "no HTTP"),
        (says_garbage, "no HTTP|reset"),
        (hangs_up, "no HTTP|reset"),
    ],
)
def test_a_try_ends_whatever_the_server_does(answer: Callable[[socket.socket], None], reason: str) -> None:
    with stranger(answer) as url, pytest.raises(HookFailed, match=reason) as caught:
        Webhook(url)(b"{}", within())
    assert caught.value.again


def test_a_server_that_takes_no_connection_ends_the_try() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        full = [socket.socket() for _ in range(4)]
        for each in full:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        with pytest.raises(HookFailed, match="too long"):
            Webhook(f"http://127.0.0.1:{port}")(b"{}", within())
        for each in full:
            each.close()


def test_an_endless_answer_is_taken_for_what_it_says_first() -> None:
    read = 0

    def answer(connection: socket.socket) -> None:
        nonlocal read
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            read += connection.send(b"x" * 65536)

    with stranger(answer) as url:
        Webhook(url)(b"{}", within(30))
    assert read < 64 << 20, "what the sockets hold, and not 10 GB"


def test_a_handshake_that_drips_ends_the_try() -> None:
    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"\x16\x03\x03\x40\x00")  # of a record of 16 KB
        drips(connection)

    with stranger(answer) as url, pytest.raises(HookFailed, match="too long"):
        Webhook(url.replace("http", "https"))(b"{}", within())


@pytest.fixture
def certified(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a server that answers over TLS, and its certificate."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate, and is not installed")
    certificate, key = tmp_path / "crt", tmp_path / "key"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    subprocess.run([*command.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def answer(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            request = b""
            while not request.endswith(b"{}"):  # what it leaves unread would end the connection before its answer is
                request += secured.recv(65536)
            secured.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with stranger(answer) as url:
        yield url.replace("http://127.0.0.1", "https://localhost"), certificate


def test_a_certificate_that_nobody_vouches_for_is_refused(certified: tuple[str, Path]) -> None:
    with pytest.raises(HookFailed, match="certificate verify failed"):
        Webhook(certified[0])(b"{}", within(20))


def test_a_certificate_of_the_systems_is_taken(certified: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certified[1]))
    Webhook(certified[0])(b"{}", within(20))


def test_nobody_there_is_told_as_such() -> None:
    with pytest.raises(HookFailed, match="Connection refused"):
        Webhook(f"http://127.0.0.1:{free_port()}/")(b"{}", within())


@pytest.mark.parametrize(("status", "again"), [(500, True), (503, True), (429, True), (408, True), (404, False), (302, False)])
def test_what_another_try_would_not_change_is_not_tried_again(status: int, again: bool) -> None:
    receiver = Receiver(status)
    with pytest.raises(HookFailed, match=f"it answered {status}") as caught:
        Webhook(receiver.url)(b"{}", within(10))
    assert caught.value.again == again
    receiver.close()


def test_what_is_posted_says_what_it_is() -> None:
    receiver = Receiver(204)
    Webhook(receiver.url)(b'{"name": "a.jpg"}', within(10))
    assert receiver.posts == [("/photos?key=1", {"name": "a.jpg"})]
    assert receiver.headers["Content-Type"] == "application/json"
    assert receiver.headers["Host"] == receiver.url.split("/")[2]
    assert receiver.headers["User-Agent"].startswith("edge-matting/")
    receiver.close()


def test_who_names_no_address_does_not_load_an_http_client() -> None:
    code = "import sys, edge.service.run, edge.hooks.hooks; sys.exit('http.client' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
