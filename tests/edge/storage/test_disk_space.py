"""When a disk has too little room: the policy, and the service on a small disk of its own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from edge.config.load import ConfigError, load_config
from edge.config.sizes import DEFAULT_RESERVE, Room, parse_room
from edge.storage.disk_space import Disk, nearly_full
from tests.edge.hot import Hot, portrait

RESERVE = Room(bytes=100)


def full(free: int, before: frozenset[int] = frozenset()) -> bool:
    return bool(nearly_full({7: Disk(Path("/out"), 1000, free)}, RESERVE, before))


def test_a_disk_that_was_full_must_have_a_quarter_more_than_the_reserve() -> None:
    assert full(99) and not full(100)
    assert full(124, frozenset({7})) and not full(125, frozenset({7}))
    assert not full(100, frozenset({8})), "another disk was full"


def test_the_reserve_is_the_lesser_of_512_mb_and_a_fiftieth() -> None:
    assert DEFAULT_RESERVE.of(10**12) == 512_000_000
    assert DEFAULT_RESERVE.of(10**9) == 20_000_000


@pytest.mark.parametrize(("text", "room"), [("512 MB", 512e6), ("1.5GB", 1.5e9), ("5 %", 1e11), ("1 TB", 1e12)])
def test_room_is_asked_for_in_bytes_or_percent(text: str, room: float) -> None:
    assert parse_room(text).of(2 * 10**12) == room


@pytest.mark.parametrize("text", ["512", "5 GiB", "-1 GB", "100 %", "a lot", "1e9 MB", ""])
def test_other_words_for_room_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f'[service]\nreserve = "{text}"\n[retention]\nkeep_free = "{text}"\n')
    with pytest.raises(ConfigError, match=r"(?s)line 2: service\.reserve.*line 4: retention\.keep_free"):
        load_config(path)


def on_a_small_disk(hot: Hot, room: str) -> subprocess.CompletedProcess[str]:
    """The service with an outbox of 64 MB, of which 50 are taken by a file that was cut long ago."""
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine does not allow user namespaces with mounts")
    for number in range(3):
        hot.drop(f"{number}.jpg", portrait())
    script = str(Path(__file__).parent / "low_disk.sh")
    command = ["unshare", "-rm", "sh", script, room, str(hot.root), *hot.command()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.slow
def test_photos_wait_while_the_disk_is_nearly_full_and_are_cut_once_there_is_room(tmp_path: Path) -> None:
    hot = Hot(tmp_path, '[service]\nreserve = "20 MB"\n')
    result = on_a_small_disk(hot, "by-hand")
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"the disk of {hot.outbox} is nearly full: " in result.stderr
    assert "DEGRADED" in result.stdout and "left, 25 MB are needed" in result.stdout
    assert "disks have room again" in result.stderr
    assert result.stdout.split()[-3:] == ["0.png", "1.png", "2.png"]
    assert hot.files("inbox", "failed") == set() and len(hot.files("done")) == 3


@pytest.mark.slow
def test_retention_makes_the_room_by_itself(tmp_path: Path) -> None:
    hot = Hot(tmp_path, '[service]\nreserve = "20 MB"\n[retention]\nkeep_free = "30 MB"\n')
    result = on_a_small_disk(hot, "by-retention")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "is nearly full: " in result.stderr and "removed 1 file of finished photos, 52.4 MB" in result.stderr
    assert result.stdout.split() == ["0.png", "1.png", "2.png"]
    assert len(hot.files("done")) == 3


def test_a_single_run_does_not_wait_for_room(tmp_path: Path) -> None:
    hot = Hot(tmp_path, '[service]\nreserve = "1000 TB"\n')
    hot.drop("a.jpg", portrait())
    result = hot.once()
    assert result.returncode == 30 and "nearly full" in result.stderr
    assert hot.files("inbox") == {"a.jpg"}
