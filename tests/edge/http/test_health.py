"""`/metrics` and `/healthz` on real sockets, with clients that behave and clients that do not."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge.http import health as health_server
from edge.http.health import HealthServer, health
from edge.monitoring.metrics import exposition
from edge.monitoring.status import State
from tests.edge.hot import Hot, portrait, wait_for
from tests.edge.monitoring.test_metrics import parsed
from tests.edge.monitoring.test_status import STATUS


def free_port(host: str = "127.0.0.1") -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as sock:
        sock.bind((host, 0))
        return int(sock.getsockname()[1])


def ask(port: int, path: str, method: str = "GET", host: str = "127.0.0.1") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(host, port, timeout=20)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def listens(port: int, host: str = "127.0.0.1") -> bool:
    try:
        ask(port, "/", host=host)
    except OSError:
        return False
    return True


@pytest.fixture
def serve() -> Iterator[Callable[[], tuple[HealthServer, int]]]:
    servers = []

    def made(host: str = "127.0.0.1") -> tuple[HealthServer, int]:
        port = free_port(host)
        servers.append(HealthServer((host, port)))
        wait_for(lambda: listens(port, host))
        return servers[-1], port

    yield made
    for server in servers:
        server.close()


Serve = Callable[..., tuple[HealthServer, int]]


def test_it_tells_metrics_and_health_and_nothing_else(serve: Serve) -> None:
    server, port = serve()
    assert ask(port, "/metrics")[0] == 503 and ask(port, "/healthz")[0] == 503
    server.tell(STATUS)
    assert ask(port, "/metrics?x=1") == (200, exposition(STATUS))
    code, body = ask(port, "/healthz")
    assert (code, json.loads(body)) == (200, {"state": "BUILDING", "reason": "the board builds its engine"})
    assert ask(port, "/healthz", "HEAD") == (200, b"")
    assert ask(port, "/metrics", "POST")[0] == 405
    assert ask(port, "/../etc/passwd")[0] == 404


def test_it_serves_ipv6(serve: Serve) -> None:
    server, port = serve("::1")
    server.tell(STATUS)
    assert ask(port, "/healthz", host="::1")[0] == 200
    with pytest.raises(OSError):
        ask(port, "/healthz")


@pytest.mark.parametrize(("state", "code"), [("STARTING", 503), ("READY", 200), ("DEGRADED", 200), ("STOPPING", 503)])
def test_health_follows_the_state_and_the_loop(state: str, code: int) -> None:
    status = replace(STATUS, state=State(state))
    assert health(status, 29.0)[:2] == (code, state)
    assert health(status, 31.0)[:2] == (503, "STUCK")
    assert health(None, 0.0)[:2] == (503, "STARTING")


@pytest.mark.parametrize(
    "request_", [b"\x16\x03\x01\x00\xa5\x01\r\n\r\n", b"GET\r\n\r\n", b"GET /healthz\r\n\r\n", b"\r\n\r\n"]
)
def test_what_is_no_http_gets_a_400(serve: Serve, request_: bytes) -> None:
    _, port = serve()
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(request_)
        assert client.recv(100).startswith(b"HTTP/1.1 400 ")


def test_slow_endless_and_many_clients_hinder_nobody(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_server, "_DEADLINE", 1.0)
    server, port = serve()
    server.tell(STATUS)
    idle = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(health_server._MOST_CONNECTIONS - 1)]
    idle[0].sendall(b"GET /metrics HTTP/1.1\r\nHost: x")
    assert ask(port, "/healthz")[0] == 200, "the last place is free"
    wait_for(lambda: all(closed(client) for client in idle))
    endless = socket.create_connection(("127.0.0.1", port), timeout=20)
    with pytest.raises(OSError):
        for _ in range(1000):
            endless.sendall(b"GET /" + b"x" * 65536)
    crowd = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(200)]
    wait_for(lambda: sum(closed(client) for client in crowd) >= 200 - health_server._MOST_CONNECTIONS)
    wait_for(lambda: answers(port))
    for client in [*idle, endless, *crowd]:
        client.close()


def closed(client: socket.socket) -> bool:
    """Whether the server let go of it."""
    client.setblocking(False)
    try:
        return client.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def answers(port: int) -> bool:
    try:
        return ask(port, "/healthz")[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def test_it_ends_at_once_with_clients_that_hang_on(caplog: pytest.LogCaptureFixture) -> None:
    port = free_port()
    server = HealthServer(("127.0.0.1", port))
    wait_for(lambda: listens(port))
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"GET")
        started = time.monotonic()
        server.close()
        assert time.monotonic() - started < health_server._DEADLINE
        assert not listens(port)
    assert caplog.records == []


def test_an_address_that_is_taken_is_had_as_soon_as_it_is_free(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(health_server, "_BIND_AGAIN", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = HealthServer(("127.0.0.1", port))
        wait_for(lambda: len(caplog.records) > 0)
    wait_for(lambda: listens(port))
    server.close()
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_the_service_serves_its_health_until_it_ends(tmp_path: Path) -> None:
    port = free_port()
    hot = Hot(tmp_path, f'[http]\nlisten = "127.0.0.1:{port}"\n')
    hot.start()
    try:
        wait_for(lambda: answers(port), hot)
        assert json.loads(ask(port, "/healthz")[1])["state"] == "READY"
        hot.drop("a.jpg", portrait())
        wait_for(lambda: parsed(ask(port, "/metrics")[1])["photos_total", "cut"] == 1, hot)
        assert parsed(ask(port, "/metrics")[1])["stage_seconds_count", "encode"] == 1
        assert hot.stop() == 0
        assert not listens(port)
    finally:
        if hot.process is not None:
            hot.process.kill()
            hot.process.wait()
