"""The requests of `tests.faults.requests`, in short."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.requests import run

pytestmark = pytest.mark.slow


def test_each_request_is_answered_or_refused_whoever_is_killed(tmp_path: Path) -> None:
    found = run(tmp_path, requests=40, clients=4, backlog=20, kills=3, side=640)
    assert found.problems == [] and found.codes[200] > 0 and sum(found.codes.values()) == 40
