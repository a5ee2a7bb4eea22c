"""A tiny prepared cache: discs for people, noise for backgrounds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from scripts.training.data.prepare import Entry


@pytest.fixture
def cache(tmp_path: Path) -> tuple[Path, list[Entry]]:
    """People whose foreground is pure red with a soft disc for alpha; the planes are photo, foreground, alpha, trust."""
    from scripts.training.data.prepare import Entry  # here, so that collecting needs neither torch nor pymatting

    random = np.random.default_rng(0)
    y, x = np.mgrid[0:120, 0:100]
    alpha = np.clip(30.5 - np.hypot(y - 60, x - 50), 0, 1)
    planes = np.zeros((120, 100, 8), np.uint8)
    planes[..., 3] = 255
    planes[..., :3] = (planes[..., 3:6] * alpha[..., None]).round()
    planes[..., 6], planes[..., 7] = (alpha * 255).round(), 255
    entries = []
    for kind in ("keyed", "teacher"):
        np.save(tmp_path / f"{kind}.npy", planes)
        entries.append(Entry(kind, "congress", "a", False, f"{kind}.npy"))
    np.save(tmp_path / "ground.npy", random.integers(0, 255, (90, 160, 3)).astype(np.uint8))
    entries.append(Entry("background", "place", "g", False, "ground.npy"))
    return tmp_path, entries
