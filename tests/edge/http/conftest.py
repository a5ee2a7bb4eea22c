"""A real service with an HTTP server, shared by all tests that only talk to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.edge.hot import Hot, wait_for
from tests.edge.http.client import answers, free_port


@dataclass(frozen=True)
class Served:
    hot: Hot
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    port = free_port()
    hot = Hot(tmp_path_factory.mktemp("http"), f'[http]\nlisten = "127.0.0.1:{port}"\n')
    hot.start()
    try:
        wait_for(lambda: answers(port, "/healthz"), hot)
        yield Served(hot, port)
        assert hot.stop() == 0
    finally:
        if hot.process is not None:
            hot.process.kill()
            hot.process.wait()
