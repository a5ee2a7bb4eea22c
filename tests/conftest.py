"""What tests of several rooms share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge.camera import films
from tests.edge.hot import Hot


@pytest.fixture
def hot(tmp_path: Path) -> Iterator[Hot]:
    """A hot folder, its service not started; tests/firstboot has one on a board with a GPU."""
    folder = Hot(tmp_path)
    yield folder
    if folder.process is not None:
        folder.process.kill()
        folder.process.wait()


@pytest.fixture(scope="session")
def gstreamer() -> None:
    if not films.can_be_made():
        pytest.skip("GStreamer is not installed: scripts/test installs it where it runs as root on Debian or Ubuntu")


@pytest.fixture(scope="session")
def film(gstreamer: None, tmp_path_factory: pytest.TempPathFactory) -> films.Film:
    return films.make(tmp_path_factory.mktemp("film"))
