from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import chaos

pytestmark = pytest.mark.slow


def test_every_file_ends_in_exactly_one_place_whatever_is_killed_when(tmp_path: Path) -> None:
    """The short version of tests.faults.chaos."""
    outcome = chaos.run(tmp_path, photos=30, kills=8, seed=3)
    assert outcome.problems == []
    assert sum(outcome.places.values()) == 30
    assert outcome.places["done"] == 25 and outcome.places["failed"] >= 1
