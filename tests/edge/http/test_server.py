"""The server on real sockets, with clients that behave and clients that do not."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable, Iterator

import pytest

from edge.http import server as server_module
from edge.http.answer import Answer, Endpoint, Stream
from edge.http.server import HttpServer
from tests.edge.hot import wait_for
from tests.edge.http.client import answers, ask, closed, connect, free_port, listens


async def _short() -> Answer:
    return Answer(200, "text/plain", b"short")


async def _endless() -> Stream:
    async def chunks() -> AsyncGenerator[bytes, None]:
        while True:
            yield b"chunk"
            await asyncio.sleep(0.01)

    return Stream("text/plain", chunks())


ENDPOINTS: dict[str, Endpoint] = {"/short": _short, "/endless": _endless}


@pytest.fixture
def serve() -> Iterator[Callable[..., int]]:
    servers = []

    def made(host: str = "127.0.0.1") -> int:
        port = free_port(host)
        servers.append(HttpServer("http.listen", (host, port), ENDPOINTS))
        wait_for(lambda: listens(port, host))
        return port

    yield made
    for server in servers:
        server.close()


Serve = Callable[..., int]


def test_it_gives_what_stands_in_its_table_and_nothing_else(serve: Serve) -> None:
    port = serve()
    assert ask(port, "/short?x=1") == (200, b"short")
    assert ask(port, "/short", "HEAD") == (200, b"") and ask(port, "/endless", "HEAD") == (200, b"")
    assert ask(port, "/short", "POST")[0] == 405 and ask(port, "/endless", "PUT")[0] == 405
    assert ask(port, "/../etc/passwd")[0] == 404 and ask(port, "/nothing", "HEAD") == (404, b"")


def test_it_serves_ipv6(serve: Serve) -> None:
    port = serve("::1")
    assert ask(port, "/short", host="::1")[0] == 200
    with pytest.raises(OSError):
        ask(port, "/short")


@pytest.mark.parametrize("request_", [b"\x16\x03\x01\x00\xa5\x01\r\n\r\n", b"GET\r\n\r\n", b"GET /short\r\n\r\n", b"\r\n\r\n"])
def test_what_is_no_http_gets_a_400(serve: Serve, request_: bytes) -> None:
    with connect(serve()) as client:
        client.sendall(request_)
        assert client.recv(100).startswith(b"HTTP/1.1 400 ")


def test_slow_endless_and_many_clients_hinder_nobody(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "_DEADLINE", 1.0)
    port = serve()
    idle = [connect(port) for _ in range(server_module._MOST_CONNECTIONS - 1)]
    idle[0].sendall(b"GET /short HTTP/1.1\r\nHost: x")
    assert ask(port, "/short")[0] == 200, "the last place is free"
    wait_for(lambda: all(closed(client) for client in idle))
    endless = connect(port)
    with pytest.raises(OSError):
        for _ in range(1000):
            endless.sendall(b"GET /" + b"x" * 65536)
    crowd = [connect(port) for _ in range(200)]
    wait_for(lambda: sum(closed(client) for client in crowd) >= 200 - server_module._MOST_CONNECTIONS)
    wait_for(lambda: answers(port, "/short"))
    for client in [*idle, endless, *crowd]:
        client.close()


def test_it_ends_at_once_with_clients_that_hang_on(caplog: pytest.LogCaptureFixture) -> None:
    port = free_port()
    server = HttpServer("http.listen", ("127.0.0.1", port), ENDPOINTS)
    wait_for(lambda: listens(port))
    with connect(port) as client, connect(port) as watcher:
        client.sendall(b"GET")
        watcher.sendall(b"GET /endless HTTP/1.1\r\n\r\n")
        assert watcher.recv(100).startswith(b"HTTP/1.1 200 ")
        started = time.monotonic()
        server.close()
        assert time.monotonic() - started < server_module._DEADLINE
        assert not listens(port)
    assert caplog.records == []


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_an_address_that_is_taken_is_told_once_and_had_as_soon_as_it_is_free(
    host: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(server_module, "_BIND_AGAIN", 0.05)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as taken:
        port = taken.getsockname()[1]
        server = HttpServer("http.listen", (host, port), ENDPOINTS)
        wait_for(lambda: len(caplog.records) > 0)
        time.sleep(0.2)
    wait_for(lambda: listens(port, host))
    server.close()
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    written = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    assert caplog.messages[0].startswith(f"http.listen {written} cannot be served: Address already in use")


def test_who_serves_nothing_does_not_load_asyncio() -> None:
    code = "import sys, edge.service.run, edge.camera.process; sys.exit('asyncio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
