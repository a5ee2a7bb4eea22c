from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge.fs.files import move, write_atomic
from edge.fs.identity import Identity
from edge.fs.temporary import ANYBODY, create_temporary, temporaries


def test_a_failed_write_leaves_the_old_content_and_no_temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a"
    write_atomic(target, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomic(target, b"new")
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_outputs_are_as_readable_as_the_umask_says(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        write_atomic(tmp_path / "a", b"x")
    finally:
        os.umask(old)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640


def test_a_replaced_file_has_another_identity(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one")
    before = Identity.at(path)
    other = tmp_path / "b"
    other.write_bytes(b"two")
    other.rename(path)
    assert before is not None and Identity.at(path) not in (None, before)
    assert Identity.parse(str(before)) == before


def test_a_move_across_file_systems_can_be_repeated(tmp_path: Path) -> None:
    shared_memory = Path("/dev/shm")
    if not shared_memory.is_dir() or shared_memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("this machine has no second file system to move to")
    descriptor, source = create_temporary(shared_memory)
    os.write(descriptor, b"photo")
    os.close(descriptor)
    target = tmp_path / "a.jpg"
    target.write_bytes(b"photo")  # a crash came between the copy and the removal of the source
    move(source, target, ANYBODY)
    assert not source.exists() and target.read_bytes() == b"photo"
    assert list(temporaries(tmp_path)) == []
