"""A worker that somebody took over lies to the supervisor: it costs its photo, and nothing else. Planted in a real service."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.attacks.liar.simplejpeg import LIES
from tests.edge.hot import Hot, portrait, wait_for

HERE = Path(__file__).parent


def lying(lie: str) -> bytes:
    """A JPEG of a person that tells the planted decoder what to do, in a table that the decoder is given whole."""
    photo = portrait(200)
    table = b"\xff\xdb\x00\x43\x0f" + f"LIE={lie};".encode().ljust(64, b"\x01")
    return photo[:2] + table + photo[2:]


@pytest.fixture
def taken_over(hot: Hot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hot]:
    """A running service whose workers have the planted decoder."""
    monkeypatch.setenv("PYTHONPATH", f"{HERE / 'liar'}{os.pathsep}{HERE.parent.parent}")
    hot.start()
    wait_for(lambda: "ready" in hot.said(), hot)
    yield hot
    assert hot.stop() == 0, hot.said()


def everything(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("lie", [lie for lie in LIES if lie not in ("keep", "descriptors", "many words")])
def test_a_lie_costs_the_photo_that_told_it(taken_over: Hot, lie: str, tmp_path: Path) -> None:
    hot = taken_over
    assert hot.process is not None
    supervisor = hot.process.pid
    hot.drop("evil.jpg", lying(lie))
    wait_for(lambda: "evil.jpg.json" in hot.files("failed"), hot)
    hot.drop("good.jpg", portrait())
    wait_for(lambda: "good.png" in hot.files("outbox"), hot)
    assert hot.process.pid == supervisor and hot.process.poll() is None
    assert hot.files("outbox") == {"good.png"}
    assert hot.files("failed") == {"evil.jpg", "evil.jpg.json"}
    assert not {name for name in everything(tmp_path) if "planted" in name}
    assert "\x1b" not in hot.said()


def open_files(pid: int) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


@pytest.mark.parametrize("flood", ["descriptors", "many words"])
def test_a_flood_holds_up_nobody(taken_over: Hot, flood: str) -> None:
    """200 descriptors with each of 400 messages; and 20,000 good messages at once. The photo fails for what it is."""
    hot = taken_over
    assert hot.process is not None
    before = open_files(hot.process.pid)
    hot.drop("evil.jpg", lying(flood))
    wait_for(lambda: "evil.jpg.json" in hot.files("failed"), hot)
    hot.drop("good.jpg", portrait())
    wait_for(lambda: "good.png" in hot.files("outbox"), hot)
    assert open_files(hot.process.pid) <= before + 3


def test_what_a_worker_keeps_of_an_output_changes_nothing_that_is_published(taken_over: Hot) -> None:
    """It holds on to the first guest's output, open and mapped for writing, and writes into it when the next guest comes."""
    hot = taken_over
    hot.drop("first.jpg", lying("keep"))
    wait_for(lambda: hot.files("failed") or hot.files("outbox"), hot)
    for number in range(3):
        hot.drop(f"next-{number}.jpg", portrait(300))
        wait_for(lambda number=number: f"next-{number}.png" in hot.files("outbox"), hot)  # type: ignore[misc]
    for path in hot.outbox.rglob("*.png"):
        data = path.read_bytes()
        assert b"SPOILT" not in data, path
        with Image.open(io.BytesIO(data)) as image:
            assert np.asarray(image).shape[2] == 4
