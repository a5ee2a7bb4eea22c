"""A kill before each step of a delivery in turn; the next start must leave every file in exactly one place."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from edge.delivery.journal import Journal
from edge.delivery.outbox import Outbox
from edge.fs.temporary import temporaries
from tests.faults.dying import BYTES, DIED, PHOTO, folders

pytestmark = pytest.mark.slow

MOST_STEPS = 60


def die_at(step: int, root: Path, original: str, done: Path | None) -> bool:
    """Run one delivery in a process of its own; whether it died on the way."""
    for name in ("outbox", "done", "failed", "no_person", "state"):
        (root / name).mkdir(parents=True)
    (root / "inbox" / PHOTO).parent.mkdir(parents=True)
    (root / "inbox" / PHOTO).write_bytes(BYTES)
    arguments = [str(root), original, str(step), *([str(done)] if done else [])]
    code = subprocess.run([sys.executable, "-m", "tests.faults.dying", *arguments], check=False).returncode
    assert code in (0, DIED)
    return code == DIED


def restart(root: Path, original: str, done: Path | None) -> None:
    journal = Journal(root / "state")
    assert Outbox(folders(root, original, done), journal).recover() == set()
    assert journal.pending_deliveries() == []
    journal.close()


def check(root: Path, original: str, done: Path) -> bool:
    """Whether the photo was delivered; it must be so wholly, or not at all."""
    assert [*temporaries(root), *temporaries(done)] == []
    outputs = sorted(path.name for path in (root / "outbox").rglob("*") if path.is_file())
    refusals = sorted(path.name for path in (root / "failed").rglob("*") if path.is_file())
    originals = [p for folder in (root / "inbox", done, root / "failed") for p in folder.rglob("a*.jpg")]
    if not outputs and not refusals:
        assert originals == [root / "inbox" / PHOTO]
        return False
    if original == "delete":
        assert originals == []
    else:
        assert len(originals) == 1 and originals[0].read_bytes() == BYTES
        place = {"move": done, "keep": root / "inbox", "refuse": root / "failed"}[original]
        assert originals[0] == place / PHOTO
    if original == "refuse":
        assert (outputs, refusals) == ([], ["a.jpg", "a.jpg.json"])
    else:
        assert (outputs, refusals) == (["a.alpha.png", "a.json", "a.png"], [])
        assert (root / "outbox" / "sub" / "a.png").read_bytes() == b"output"
        assert (root / "outbox" / "sub" / "a.json").read_bytes() == b"a.png"
    return True


def run_through(tmp_path: Path, original: str, elsewhere: Path | None = None) -> None:
    delivered = []
    for step in range(1, MOST_STEPS):
        root = tmp_path / str(step)
        done = elsewhere / str(step) if elsewhere else None
        if done is not None:
            done.mkdir()
        died = die_at(step, root, original, done)
        restart(root, original, done)
        delivered.append(check(root, original, done or root / "done"))
        if not died:
            break
    else:
        pytest.fail("a delivery takes more steps than this test looks at")
    # Once the journal knows of it, a delivery is never undone: not delivered, ..., delivered, ...
    assert delivered == sorted(delivered) and not delivered[0] and delivered[-1]
    assert len(delivered) > 8


@pytest.mark.parametrize("original", ["move", "keep", "delete", "refuse"])
def test_a_kill_at_any_step(tmp_path: Path, original: str) -> None:
    run_through(tmp_path, original)


def test_a_kill_at_any_step_with_done_on_another_disk(tmp_path: Path) -> None:
    shared_memory = Path("/dev/shm")
    if not shared_memory.is_dir() or shared_memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("this machine has no second file system")
    elsewhere = shared_memory / tmp_path.name
    elsewhere.mkdir()
    try:
        run_through(tmp_path, "move", elsewhere)
    finally:
        subprocess.run(["rm", "-rf", str(elsewhere)], check=True)
