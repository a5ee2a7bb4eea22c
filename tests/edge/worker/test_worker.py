from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge.worker.main import _read_whole
from matting.errors import UnreadablePhoto


def test_a_disk_that_does_not_give_a_photo_is_no_crash_of_the_worker(tmp_path: Path) -> None:
    """A folder stands for it: reading one is an error of the system as well. Two crashes would condemn the photo."""
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        with pytest.raises(UnreadablePhoto, match="its disk does not give it"):
            _read_whole(descriptor, 1 << 20)
    finally:
        os.close(descriptor)
