"""`/metrics`, `/healthz` and `/status` of a real service."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge.http.monitor import health
from edge.monitoring.status import State
from tests.edge.hot import Hot, portrait, wait_for
from tests.edge.http.client import answers, ask, free_port, listens
from tests.edge.monitoring.test_metrics import parsed
from tests.edge.monitoring.test_status import STATUS


@pytest.mark.parametrize(("state", "code"), [("STARTING", 503), ("READY", 200), ("DEGRADED", 200), ("STOPPING", 503)])
def test_health_follows_the_state_and_the_loop(state: str, code: int) -> None:
    status = replace(STATUS, state=State(state))
    assert health(status, 29.0)[:2] == (code, state)
    assert health(status, 31.0)[:2] == (503, "STUCK")
    assert health(None, 0.0)[:2] == (503, "STARTING")


@pytest.fixture
def hot(tmp_path: Path) -> Iterator[tuple[Hot, int]]:
    port = free_port()
    hot = Hot(tmp_path, f'[http]\nlisten = "127.0.0.1:{port}"\n')
    yield hot, port
    if hot.process is not None:
        hot.process.kill()
        hot.process.wait()


@pytest.mark.slow
def test_the_service_serves_its_health_until_it_ends(hot: tuple[Hot, int]) -> None:
    service, port = hot
    service.start()
    wait_for(lambda: answers(port, "/healthz"), service)
    assert json.loads(ask(port, "/healthz")[1])["state"] == "READY"
    assert ask(port, "/healthz", "HEAD") == (200, b"")
    assert ask(port, "/metrics", "POST")[0] == 405
    assert ask(port, "/../etc/passwd")[0] == 404
    service.drop("a.jpg", portrait())
    wait_for(lambda: parsed(ask(port, "/metrics?x=1")[1])["photos_total", "cut"] == 1, service)
    assert parsed(ask(port, "/metrics")[1])["stage_seconds_count", "encode"] == 1
    status = json.loads(ask(port, "/status")[1])
    assert status["cut"] == 1 and status["sources"][0]["name"] == "http"
    assert service.stop() == 0
    assert not listens(port)


@pytest.mark.slow
def test_an_address_that_is_taken_is_told_once_and_had_as_soon_as_it_is_free(hot: tuple[Hot, int]) -> None:
    service, port = hot
    with socket.create_server(("127.0.0.1", port)):
        service.start()
        wait_for(lambda: "Address already in use; end what uses it, or choose another port" in service.said(), service)
        service.drop("a.jpg", portrait())
        wait_for(lambda: service.files("outbox") == {"a.png"}, service)
    wait_for(lambda: answers(port, "/healthz"), service)
    assert service.said().count("Address already in use") == 1
    assert service.stop() == 0
