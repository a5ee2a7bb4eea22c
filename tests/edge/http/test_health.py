"""`/metrics` and `/healthz` on real sockets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge.http.health import HealthServer, health
from edge.monitoring.metrics import exposition
from edge.monitoring.status import State
from tests.edge.hot import Hot, portrait, wait_for
from tests.edge.http.client import answers, ask, free_port, listens
from tests.edge.monitoring.test_metrics import parsed
from tests.edge.monitoring.test_status import STATUS


@pytest.fixture
def served() -> Iterator[tuple[HealthServer, int]]:
    port = free_port()
    server = HealthServer(("127.0.0.1", port))
    wait_for(lambda: listens(port))
    yield server, port
    server.close()


def test_it_tells_metrics_and_health_and_nothing_else(served: tuple[HealthServer, int]) -> None:
    server, port = served
    assert ask(port, "/metrics")[0] == 503 and ask(port, "/healthz")[0] == 503
    server.tell(STATUS)
    assert ask(port, "/metrics?x=1") == (200, exposition(STATUS))
    code, body = ask(port, "/healthz")
    assert (code, json.loads(body)) == (200, {"state": "BUILDING", "reason": "the board builds its engine"})
    assert ask(port, "/healthz", "HEAD") == (200, b"")
    assert ask(port, "/metrics", "POST")[0] == 405
    assert ask(port, "/../etc/passwd")[0] == 404


@pytest.mark.parametrize(("state", "code"), [("STARTING", 503), ("READY", 200), ("DEGRADED", 200), ("STOPPING", 503)])
def test_health_follows_the_state_and_the_loop(state: str, code: int) -> None:
    status = replace(STATUS, state=State(state))
    assert health(status, 29.0)[:2] == (code, state)
    assert health(status, 31.0)[:2] == (503, "STUCK")
    assert health(None, 0.0)[:2] == (503, "STARTING")


@pytest.mark.slow
def test_the_service_serves_its_health_until_it_ends(tmp_path: Path) -> None:
    port = free_port()
    hot = Hot(tmp_path, f'[http]\nlisten = "127.0.0.1:{port}"\n')
    hot.start()
    try:
        wait_for(lambda: answers(port, "/healthz"), hot)
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
