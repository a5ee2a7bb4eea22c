"""Clients that are slow, silent, lying, too many, or of the wrong house: none of them is noticed by the others."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from edge.board.budget import this_machine
from tests.edge.hot import Hot, portrait, wait_for
from tests.edge.http.client import answers, ask, closed, connect, free_port
from tests.edge.http.conftest import Served

pytestmark = pytest.mark.slow

NEXT = b"GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n"
OURS = ["localhost", "LOCALHOST:7000", "127.0.0.1", "[::1]:7000", "192.168.1.7", socket.gethostname()]
KEY = "0123456789abcdef-booth"


def said(port: int, request: bytes) -> bytes:
    """What comes back until the server closes, or says no more."""
    with connect(port) as client:
        client.sendall(request)
        client.settimeout(20)
        data = b""
        with contextlib.suppress(OSError):
            while piece := client.recv(65536):
                data += piece
        return data


def works(served: Served) -> bool:
    """A photo in the hot folder is cut, and one over HTTP."""
    name = f"{time.monotonic_ns()}"
    served.hot.drop(f"{name}.jpg", portrait())
    wait_for(lambda: f"{name}.png" in served.hot.files("outbox"), served.hot)
    return requests.post(f"{served.url}/cut", data=portrait(), timeout=60).status_code == 200


def test_slow_headers_and_idle_connections_end_by_themselves(served: Served) -> None:
    slow = connect(served.port)
    slow.sendall(b"POST /cut HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
    idle = [connect(served.port) for _ in range(60)]
    assert works(served)
    wait_for(lambda: all(map(closed, [slow, *idle])), served.hot, 30)
    for client in (slow, *idle):
        client.close()


def test_a_thousand_connections_hinder_no_photo(served: Served) -> None:
    crowd = []
    for _ in range(1000):
        with contextlib.suppress(OSError):
            crowd.append(connect(served.port))
    served.hot.drop("crowded.jpg", portrait())
    wait_for(lambda: "crowded.png" in served.hot.files("outbox"), served.hot)
    for client in crowd:
        client.close()
    wait_for(lambda: answers(served.port, "/healthz"), served.hot)
    assert works(served)


def test_headers_without_end_are_ended(served: Served) -> None:
    with connect(served.port) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        with pytest.raises(OSError):
            for number in range(100_000):
                client.sendall(b"X-%d: %s\r\n" % (number, b"x" * 1000))
    assert works(served)


@pytest.mark.parametrize("length", [b"Content-Length: 2147483648", b"Transfer-Encoding: chunked"])
def test_a_body_of_2_gb_is_refused_before_it_fills_anything(served: Served, length: bytes) -> None:
    client = connect(served.port)
    client.sendall(b"POST /cut HTTP/1.1\r\nHost: localhost\r\n" + length + b"\r\n\r\n")
    piece = b"100000\r\n" + b"\0" * (1 << 20) + b"\r\n" if b"chunked" in length else b"\0" * (1 << 20)
    with contextlib.suppress(OSError):
        for _ in range(2048):
            client.sendall(piece)
    client.settimeout(20)
    with contextlib.suppress(ConnectionError):
        assert b" 413 " in client.recv(65536)
    client.close()
    assert works(served)


@pytest.mark.parametrize(
    "request_",
    [
        b"POST /cut HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + NEXT,
        b"POST /cut HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n123456",
        b"POST /cut HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"POST /cut HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
        b"GET /healthz\r\n\r\n",
        b"\x16\x03\x01\x00\xa5\x01\r\n\r\n",
    ],
)
def test_what_two_servers_would_read_differently_gets_no_answer_but_a_400(served: Served, request_: bytes) -> None:
    answer = said(served.port, request_)
    assert answer.startswith(b"HTTP/1.1 4") and answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "evil.example:7000", "127.0.0.1.evil.example", ""])
def test_a_host_that_is_not_ours_is_refused(served: Served, host: str) -> None:
    request = f"GET /status HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    assert said(served.port, request.encode()).startswith(b"HTTP/1.1 421 ")


@pytest.mark.parametrize("host", OURS)
def test_a_host_that_is_ours_is_not(served: Served, host: str) -> None:
    assert requests.get(f"{served.url}/status", headers={"Host": host}, timeout=20).status_code == 200


def test_pages_from_elsewhere_may_not_send_photos(served: Served) -> None:
    headers = {"Origin": "https://evil.example"}
    assert requests.post(f"{served.url}/cut", data=portrait(), headers=headers, timeout=20).status_code == 403
    own = {"Origin": served.url}
    answer = requests.post(f"{served.url}/cut", data=portrait(), headers=own, timeout=20)
    assert answer.status_code == 200 and "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", ["/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/cut/../status/x", "/\0"])
def test_no_path_leads_to_a_file(served: Served, path: str) -> None:
    with connect(served.port) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = client.recv(65536)
    assert answer.startswith((b"HTTP/1.1 404", b"HTTP/1.1 400")) and b"root:" not in answer


def test_whoever_goes_away_frees_the_place_and_is_not_cut(served: Served) -> None:
    places = this_machine().http_slots
    head = f"POST /cut HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(portrait())}\r\n\r\n".encode()
    halves = [connect(served.port) for _ in range(places)]
    for client in halves:
        client.sendall(head + portrait()[:1000])
    wait_for(lambda: requests.post(f"{served.url}/cut", data=portrait(), timeout=60).status_code == 429, served.hot, 10)
    refused = requests.post(f"{served.url}/cut", data=portrait(), timeout=60)
    assert refused.status_code == 429 and int(refused.headers["retry-after"]) >= 1
    assert ask(served.port, "/healthz")[0] == 200
    for client in halves:
        client.close()
    wait_for(lambda: requests.post(f"{served.url}/cut", data=portrait(), timeout=60).status_code == 200, served.hot, 10)


def test_requests_go_before_a_backlog_and_no_photo_of_it_is_lost(served: Served) -> None:
    names = {f"backlog-{number}" for number in range(12)}
    for name in names:
        served.hot.drop(f"{name}.jpg", portrait())
    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(lambda _: requests.post(f"{served.url}/cut", data=portrait(), timeout=60).status_code, range(8)))
    left = {f"{name}.png" for name in names} - served.hot.files("outbox")
    assert codes == [200] * 8
    assert left, "the requests were over before the backlog"
    wait_for(lambda: {f"{name}.jpg" for name in names} <= served.hot.files("done"), served.hot)
    assert {f"{name}.png" for name in names} <= served.hot.files("outbox")


def test_a_server_that_is_killed_is_there_again_and_its_requests_are_gone(served: Served) -> None:
    def ask_once() -> int:
        with contextlib.suppress(requests.RequestException):
            return requests.post(f"{served.url}/cut", data=portrait(1200), timeout=60).status_code
        return 0

    for name in ("edge.http.main", "edge.worker.main"):
        with ThreadPoolExecutor(4) as pool:
            asked = [pool.submit(ask_once) for _ in range(4)]
            time.sleep(0.3)
            assert served.hot.kill_child(name)
            codes = [each.result() for each in asked]
        assert set(codes) <= ({0, 200, 429} if name == "edge.http.main" else {200, 429, 503})
        wait_for(lambda: answers(served.port, "/healthz"), served.hot, 30)
        assert works(served)


@pytest.fixture
def keyed(tmp_path: Path) -> Iterator[Served]:
    port = free_port()
    (tmp_path / "key").write_text(KEY + "\n")
    hot = Hot(tmp_path, f'[http]\nlisten = "127.0.0.1:{port}"\nkey_file = "key"\n')
    hot.start()
    try:
        wait_for(lambda: answers(port, "/healthz"), hot)
        yield Served(hot, port)
    finally:
        hot.stop()


def test_without_the_key_nothing_is_to_be_had_a_thousand_times(keyed: Served) -> None:
    with requests.Session() as session:
        for number in range(1000):
            wrong = session.post(f"{keyed.url}/cut", data=b"x", headers={"X-Api-Key": f"{KEY}{number}"}, timeout=20)
            assert wrong.status_code == 401 and wrong.json()["error"] == "Unauthorized"
    for path in ("/", "/status", "/metrics", "/openapi.json", "/api/remove", "/nothing"):
        assert requests.get(f"{keyed.url}{path}", timeout=20).status_code == 401
    for headers in ({"X-Api-Key": KEY}, {"Authorization": f"Bearer {KEY}"}):
        assert requests.post(f"{keyed.url}/cut", data=portrait(), headers=headers, timeout=60).status_code == 200
    assert KEY not in keyed.hot.said()


def test_a_reader_that_takes_nothing_is_let_go(served: Served) -> None:
    """It asks for a large answer and never reads it."""
    photo = portrait(2400, 95)
    head = f"POST /cut?format=tiff HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(photo)}\r\n\r\n"
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", served.port))
        client.sendall(head.encode() + photo)
        assert works(served)
        wait_for(lambda: reset(client), served.hot, 60)


def reset(client: socket.socket) -> bool:
    """Whether the other end has given the connection up, without reading anything."""
    state = client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
    return state != 1  # TCP_ESTABLISHED
