from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge.fs.names import fitted, free_names, is_ignored, portable, printable


@pytest.mark.parametrize(
    "name",
    ["a.jpg.part", "a.TMP", "a.jpg.crdownload", "a.jpg~", "~$a.jpg", "._a.jpg", ".DS_Store", "Thumbs.db", "@eaDir", ".git",
     "edge-matting.toml"],
)  # fmt: skip
def test_temporary_and_system_names_are_ignored(name: str) -> None:
    assert is_ignored(name)


@pytest.mark.parametrize("name", ["a.jpg", "part.jpg", "tmp", "notes.txt", "a.part.jpg", "~a.jpg", "x" * 255])
def test_everything_else_is_an_input(name: str) -> None:
    assert not is_ignored(name)


def test_names_keep_within_255_bytes_and_stay_apart(tmp_path: Path) -> None:
    first, second = (fitted("ü" * 125 + end, ".alpha.png") for end in ("a", "b"))
    assert first != second
    for name in (first, second, fitted("x" * 251, ".png"), fitted(os.fsdecode(b"\xff" * 251), ".jpg.json")):
        (tmp_path / name).touch()
        assert name.endswith((".png", ".json"))


def test_free_names_share_one_number(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    (tmp_path / "a-2.alpha.png").touch()
    paths = free_names("a", [(tmp_path, ".png"), (tmp_path, ".alpha.png")])
    assert [path.name for path in paths] == ["a-3.png", "a-3.alpha.png"] or [path.name for path in paths] == [
        "a-4.png",
        "a-4.alpha.png",
    ]
    assert not any(path.exists() for path in paths)


def test_free_names_are_found_in_few_looks_among_many(tmp_path: Path) -> None:
    for number in range(1, 301):
        (tmp_path / ("a.png" if number == 1 else f"a-{number}.png")).touch()
    assert free_names("a", [(tmp_path, ".png")])[0].name == "a-301.png"


def test_shown_names_are_one_line_of_valid_text() -> None:
    shown = printable(os.fsdecode(b"a\nb\x1b[31m\xff.jpg"))
    assert shown == r"a\nb\x1b[31m\udcff.jpg"
    shown.encode("utf-8")


def test_portable_names_are_plain_and_stay_apart() -> None:
    assert portable('a:b"c.jpg') == "a%3Ab%22c.jpg"
    assert portable("x" * 200 + "1") != portable("x" * 200 + "2")
    assert len(portable("ü" * 120)) < 150
