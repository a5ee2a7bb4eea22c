from __future__ import annotations

from pathlib import Path

import pytest

from tests.edge.camera.films import Film
from tests.faults import camera

pytestmark = pytest.mark.slow


def test_the_feed_is_back_after_every_fault_and_no_photo_is_lost(tmp_path: Path, film: Film) -> None:
    """The short version of tests.faults.camera: each kind once."""
    outcome = camera.run(tmp_path, film, faults=5, photos_each=4)
    assert outcome.problems == []
    assert set(outcome.faults.values()) == {1}
