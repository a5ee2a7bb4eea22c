"""Who gets how many cores."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from edge.service.cores import cores_for_photo
from tests.edge.hot import Hot, portrait, wait_for

ROOT = Path(__file__).parents[3]
# The worker tells what each photo may use.
_TELLS = """
import os, sys
if "edge.worker.main" in sys.orig_argv:
    import matting.bands as bands
    given = bands.on_cores
    def told(cores):
        os.write(2, b"cores %d\\n" % cores)
        return given(cores)
    bands.on_cores = told
"""


@pytest.mark.parametrize(
    ("cores", "in_hand", "waiting", "given"),
    [(8, 0, 0, 8), (8, 1, 0, 4), (8, 0, 3, 2), (8, 2, 200, 1), (2, 1, 0, 1), (1, 0, 0, 1), (6, 1, 0, 3)],
)
def test_one_alone_has_all_and_a_backlog_one_each(cores: int, in_hand: int, waiting: int, given: int) -> None:
    assert cores_for_photo(cores, in_hand, waiting) == given


@pytest.mark.slow
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core is all that there is")
def test_the_service_tells_its_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "planted").mkdir()
    (tmp_path / "planted" / "sitecustomize.py").write_text(_TELLS)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'planted'}{os.pathsep}{ROOT}")
    (tmp_path / "hot").mkdir()
    hot = Hot(tmp_path / "hot")
    hot.start()
    try:
        hot.drop("alone.jpg", portrait())
        wait_for(lambda: hot.files("inbox") == set() and "alone.png" in hot.files("outbox"), hot)
        alone = [int(cores) for cores in re.findall(r"^cores (\d+)$", hot.said(), re.M)]
        assert len(alone) == 1 and alone[0] > 1
    finally:
        hot.stop()
    for number in range(12):
        hot.drop(f"{number}.jpg", portrait())
    hot.start()
    wait_for(lambda: len(hot.files("outbox")) == 13, hot)
    assert hot.stop() == 0
    assert re.findall(r"^cores (\d+)$", hot.said(), re.M).count("1") >= 6
