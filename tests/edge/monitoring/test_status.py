"""The status file and what systemd is told."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from edge.monitoring.status import LastPhoto, SourceStatus, StageTotal, State, Status, read_status, write_status
from edge.monitoring.systemd import Notifier
from matting.errors import OutputError

STATUS = Status(
    state=State.BUILDING,
    reason="the board builds its engine",
    engine="cpu (portrait 1.0.0, fp32)",
    progress=0.43,
    queue=3,
    in_hand=1,
    cut=12,
    failed=1,
    no_person=0,
    last=(LastPhoto("é.jpg", "failed", "cut short", {"decode": 1.5}, 5.0),),
    last_error="cut short",
    supervisor_bytes=1,
    worker_bytes=2,
    gpu_bytes=0,
    disk_free=4,
    temperature=None,
    pid=7,
    started=1.0,
    updated=2.0,
    sources=(
        SourceStatus("camera", up=False, words="v4l2:///dev/video0: is not there"),
        SourceStatus("hot-folder", waiting=3),
    ),
    stages={"decode": StageTotal(2, 0.5)},
)


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    write_status(tmp_path / "status.json", STATUS)
    assert read_status(tmp_path / "status.json") == STATUS
    assert [path.name for path in tmp_path.iterdir()] == ["status.json"]


def test_its_line_tells_state_progress_and_counts() -> None:
    assert STATUS.line.startswith("BUILDING 43%: the board builds its engine")
    assert "12 cut" in STATUS.line
    assert STATUS.line.endswith("camera v4l2:///dev/video0: is not there")


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_its_group_may_read_it_and_others_may_not(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        write_status(tmp_path / "status.json", STATUS)
    finally:
        os.umask(before)
    assert (tmp_path / "status.json").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("text", ["", "{}", "[]", json.dumps({"state": "READY"})])
def test_a_file_that_is_no_status_is_an_error_with_its_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "status.json").write_text(text)
    with pytest.raises(OutputError, match=r"status\.json"):
        read_status(tmp_path / "status.json")


def test_systemd_hears_each_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "30000000")
        monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
        notifier = Notifier.from_environment()
        notifier.ready()
        notifier.say("READY:\n12 cut")
        notifier.alive()
        heard = [manager.recv(100) for _ in range(3)]
    assert heard == [b"READY=1", b"STATUS=READY: 12 cut", b"WATCHDOG=1"]
    assert notifier.watchdog == 30.0
    assert "NOTIFY_SOCKET" not in os.environ  # a child must not speak for the service


def test_a_watchdog_meant_for_another_process_is_not_fed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    monkeypatch.setenv("WATCHDOG_PID", "1")
    assert Notifier.from_environment().watchdog is None


def test_without_systemd_or_with_a_dead_one_nothing_happens(tmp_path: Path) -> None:
    Notifier(None, None).ready()
    Notifier(str(tmp_path / "gone"), None).ready()
