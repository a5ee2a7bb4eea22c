"""`edge-matting status` beside a real service, and what it says of one that is gone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from edge.commands.status import screen
from edge.monitoring.liveness import exists, fault
from edge.monitoring.status import State, read_status
from tests.edge.hot import Hot, portrait, wait_for
from tests.edge.monitoring.test_status import STATUS


def show(hot: Hot, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*hot.command()[:3], "status", "--config", str(hot.config), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.slow
def test_it_shows_the_running_service_and_says_when_it_was_stopped_or_killed(hot: Hot) -> None:
    hot.start()
    hot.drop("guest.jpg", portrait())
    hot.drop("torn.jpg", b"no picture")
    path = hot.state / "status.json"
    wait_for(lambda: path.exists() and read_status(path).cut + read_status(path).failed == 2, hot)
    result = show(hot)
    assert (result.returncode, result.stderr) == (0, "")
    lines = [line.strip() for line in result.stdout.splitlines()]
    assert lines[0] == "READY"
    assert "photos       0 waiting, 0 in hand; 1 cut, 1 failed, 0 without a person" in lines
    assert any(line.startswith("engine       cpu") for line in lines)
    assert any("guest.jpg  cut in" in line and "decode" in line for line in lines)
    assert any("torn.jpg  failed: " in line for line in lines)
    table = json.loads(show(hot, "--json").stdout)
    assert table["running"] is True and table["state"] == "READY" and table["supervisor_bytes"] > 10e6
    assert table["last"][0].keys() == {"name", "outcome", "reason", "stage_ms", "at"}
    assert table["stages"]["decode"]["count"] == 1

    assert hot.stop(signal.SIGTERM) == 0
    result = show(hot)
    assert result.returncode == 50 and "it was stopped at" in result.stderr
    assert result.stdout.startswith("NOT RUNNING") and "guest.jpg" in result.stdout
    hot.start()
    wait_for(lambda: read_status(path).state is State.READY, hot)
    assert hot.stop(signal.SIGKILL) == -signal.SIGKILL
    result = show(hot, "--json")
    assert result.returncode == 50 and "without a word" in result.stderr
    assert json.loads(result.stdout)["running"] is False


def test_where_no_service_ever_ran_it_says_so(hot: Hot) -> None:
    result = show(hot)
    assert result.returncode == 50 and "start edge-matting run" in result.stderr


def test_a_reader_that_goes_away_ends_it_quietly(hot: Hot) -> None:
    """As `edge-matting status | head -1` does."""
    assert hot.once().returncode == 0
    reader, writer = os.pipe()
    os.close(reader)
    command = [*hot.command()[:3], "status", "--config", str(hot.config), "--json"]
    result = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    os.close(writer)
    assert result.returncode == 141 and "Traceback" not in result.stderr and "Broken" not in result.stderr


def test_a_report_that_is_old_or_from_before_the_clock_was_lost_is_not_trusted() -> None:
    assert fault(STATUS, STATUS.updated + 29, alive=True) == ""
    assert "its last report is of 1970" in fault(STATUS, STATUS.updated + 31, alive=True)
    assert "its last report is of 1970" in fault(replace(STATUS, updated=1e6), 1.0, alive=True)
    assert exists(os.getpid()) and exists(1)


def test_the_screen_names_what_is_wrong() -> None:
    camera = replace(STATUS.sources[0], memory=150_000_000)
    status = replace(STATUS, temperature=71.6, sources=(camera,), started=0.0)
    text = "\n".join(screen(status, 7500.0))
    for words in ("BUILDING 43%: the board builds", "72 °C", "camera 150 MB", "is not there", "for 2 h 5 min", "cut short"):
        assert words in text


def test_a_status_of_another_version_is_no_crash(hot: Hot, tmp_path: Path) -> None:
    (hot.state / "status.json").write_text('{"state": "READY"}')
    result = show(hot)
    assert result.returncode == 30 and "status.json" in result.stderr and "Traceback" not in result.stderr
