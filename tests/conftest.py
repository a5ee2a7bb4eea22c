from __future__ import annotations

import pytest

from tests.edge.camera import films


@pytest.fixture(scope="session")
def gstreamer() -> None:
    if not films.can_be_made():
        pytest.skip("GStreamer is not installed: scripts/test installs it where it runs as root on Debian or Ubuntu")


@pytest.fixture(scope="session")
def film(gstreamer: None, tmp_path_factory: pytest.TempPathFactory) -> films.Film:
    return films.make(tmp_path_factory.mktemp("film"))
