from __future__ import annotations

import errno
from pathlib import Path, PurePosixPath
from unittest.mock import Mock

import pytest

from edge.delivery import delivery
from edge.delivery.journal import Journal
from edge.delivery.outbox import Outbox
from edge.fs.files import rename_new
from edge.fs.identity import Identity
from edge.fs.sighting import Sighting
from edge.fs.temporary import temporaries, written
from matting.errors import UnreadablePhoto
from tests.faults.dying import folders, memory_files


def outbox_in(root: Path) -> Outbox:
    for name in ("inbox", "outbox", "done", "failed", "no_person", "state"):
        (root / name).mkdir()
    return Outbox(folders(root, "move"), Journal(root / "state"))


def dropped(root: Path, name: str) -> Sighting:
    path = root / "inbox" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(name.encode())
    identity = Identity.at(path)
    assert identity is not None
    return Sighting(PurePosixPath(name), identity)


def cut(outbox: Outbox, sighting: Sighting) -> list[Path]:
    with memory_files(b"cut-out") as (file,):
        return outbox.deliver(sighting, [(file, ".png")])


def test_a_file_in_the_place_of_a_folder_holds_nothing_up(tmp_path: Path) -> None:
    outbox = outbox_in(tmp_path)
    outbox.refuse(dropped(tmp_path, "z"), UnreadablePhoto("cut short"), 1)
    outbox.refuse(dropped(tmp_path, "z/w"), UnreadablePhoto("cut short"), 1)
    assert (tmp_path / "failed" / "z").read_bytes() == b"z"
    assert (tmp_path / "failed" / "z-2" / "w").read_bytes() == b"z/w"
    cut(outbox, dropped(tmp_path, "a.jpg"))
    assert cut(outbox, dropped(tmp_path, "a.png/b.jpg")) == [tmp_path / "outbox" / "a.png-2" / "b.png"]
    assert cut(outbox, dropped(tmp_path, "a.png/c.jpg")) == [tmp_path / "outbox" / "a.png-2" / "c.png"]


def test_a_record_has_the_name_of_its_cut_out_and_takes_nobodys(tmp_path: Path) -> None:
    outbox = outbox_in(tmp_path)
    (tmp_path / "outbox" / "a.json").write_text("the customer's own")
    with memory_files(b"cut-out", b"matte") as (file, mask):
        paths = outbox.deliver(
            dropped(tmp_path, "a.jpg"), [(file, ".png"), (mask, ".alpha.png")], lambda output: output.name.encode()
        )
    assert [path.name for path in paths] == ["a-2.png", "a-2.alpha.png", "a-2.json"]
    assert paths[2].read_text() == "a-2.png"
    assert (tmp_path / "outbox" / "a.json").read_text() == "the customer's own"


def test_a_photo_renamed_in_the_moment_of_its_delivery_stays_to_be_cut_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = outbox_in(tmp_path)
    photo = dropped(tmp_path, "a.jpg")

    def somebody_renames(temporary: Path, final: Path) -> None:
        rename_new(temporary, final)
        (tmp_path / "inbox" / "a.jpg").rename(tmp_path / "inbox" / "b.jpg")

    monkeypatch.setattr(delivery, "rename_new", somebody_renames)
    cut(outbox, photo)
    assert (tmp_path / "outbox" / "a.png").read_bytes() == b"cut-out"
    assert (tmp_path / "inbox" / "b.jpg").read_bytes() == b"a.jpg"
    assert list((tmp_path / "done").iterdir()) == []


def test_a_delivery_whose_disk_went_is_not_taken_for_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it can be found while the disk is away: to forget it then would cut the photo a second time."""
    outbox = outbox_in(tmp_path)
    photo = dropped(tmp_path, "a.jpg")
    roots, away = [tmp_path / name for name in ("inbox", "outbox", "done", "failed", "no_person")], tmp_path / "away"
    away.mkdir()

    def pulled_out(*_: object) -> None:
        for root in roots:
            root.rename(away / root.name)
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="Input/output"):
        patch.setattr(delivery, "move", pulled_out)
        cut(outbox, photo)
    with pytest.raises(OSError):
        outbox.complete(photo.path)
    assert outbox.pending() == {photo.path}
    assert not any(root.exists() for root in roots), "no folder is made in place of a disk that went away"
    for root in roots:
        (away / root.name).rename(root)
    outbox.complete(photo.path)
    assert outbox.pending() == set()
    assert [path.name for path in (tmp_path / "outbox").iterdir()] == ["a.png"]
    assert (tmp_path / "done" / "a.jpg").read_bytes() == b"a.jpg"


def test_a_sweep_spares_what_a_delivery_waits_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outbox = outbox_in(tmp_path)
    photo = dropped(tmp_path, "a.jpg")
    with monkeypatch.context() as patch:
        patch.setattr(delivery, "rename_new", Mock(side_effect=OSError(errno.EIO, "the disk does not answer")))
        with pytest.raises(OSError):
            cut(outbox, photo)
    waiting, left, foreign = (
        next(temporaries(tmp_path / "outbox")),
        written(b"", tmp_path / "outbox", outbox._owner).path,
        written(b"", tmp_path / "outbox", "0badcafe").path,
    )
    outbox.sweep()
    assert (waiting.exists(), left.exists(), foreign.exists()) == (True, False, True)
    outbox.complete(photo.path)
    assert outbox.pending() == set()
    assert (tmp_path / "outbox" / "a.png").read_bytes() == b"cut-out"
