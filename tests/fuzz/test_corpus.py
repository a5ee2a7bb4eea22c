"""What fuzzing found worth keeping, and some changes of it at random: none may break anything."""

from __future__ import annotations

import random
import tempfile
from importlib import import_module
from pathlib import Path

import pytest

CORPUS = Path(__file__).parent / "corpus"
TARGETS = ("decode", "config", "model", "journal", "spool")
CHANGES = 100


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.mark.parametrize("name", TARGETS)
def test_what_was_found_breaks_nothing(name: str) -> None:
    target = import_module(f"tests.fuzz.{name}")
    kept = [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]
    assert kept
    for data in [*target.seeds().values(), *kept]:
        target.one(data)


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_changes_at_random_break_nothing(name: str) -> None:
    target = import_module(f"tests.fuzz.{name}")
    chance = random.Random(name)
    seeds = list(target.seeds().values())
    for _ in range(CHANGES):
        target.one(changed(chance.choice(seeds), chance, target.WORDS))


def changed(data: bytes, chance: random.Random, words: list[bytes]) -> bytes:
    """One to four places overwritten, cut out, or filled with a word."""
    for _ in range(chance.randint(1, 4)):
        start = chance.randint(0, len(data))
        end = min(len(data), start + chance.choice([0, 1, 2, 4, 40]))
        data = data[:start] + chance.choice([b"", chance.randbytes(end - start), chance.choice(words)]) + data[end:]
    return data
