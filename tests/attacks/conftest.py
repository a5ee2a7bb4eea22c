from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge.hot import Hot


@pytest.fixture
def hot(tmp_path: Path) -> Iterator[Hot]:
    folder = Hot(tmp_path)
    yield folder
    if folder.process is not None:
        folder.process.kill()
        folder.process.wait()
