"""What the journal hears, on a real datagram socket in its place."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from edge.monitoring.journald import JournalHandler
from edge.monitoring.photo_log import log_again, log_cut, log_refused
from matting.errors import EngineError, NoPersonFound, UnreadablePhoto
from tests.edge.hot import Hot, portrait


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "journal"))
        listening.settimeout(20)
        handler = JournalHandler(str(tmp_path / "journal"))
        logger = logging.getLogger("edge")
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        yield listening
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
        handler.close()


def heard(journal: socket.socket) -> dict[str, str]:
    """One datagram, read as systemd.io/JOURNAL_NATIVE_PROTOCOL says."""
    rest, fields = journal.recv(1 << 20), {}
    while rest:
        line, _, rest = rest.partition(b"\n")
        name, plain, value = line.partition(b"=")
        if not plain:
            (length,) = struct.unpack("<Q", rest[:8])
            value, end, rest = rest[8 : 8 + length], rest[8 + length : 9 + length], rest[9 + length :]
            assert end == b"\n"
        fields[name.decode()] = value.decode()
    return fields


def test_a_photo_that_was_cut_carries_its_stages(journal: socket.socket) -> None:
    log_cut(PurePosixPath("party/é.jpg"), "é.png", {"decode": 99.25, "network-input": 3.0})
    fields = heard(journal)
    assert fields["MESSAGE"] == "cut party/é.jpg -> é.png in 102 ms (decode 99, network-input 3)"
    assert (fields["PRIORITY"], fields["SYSLOG_IDENTIFIER"], fields["LOGGER"]) == (
        "6",
        "edge-matting",
        "edge.monitoring.photo_log",
    )
    assert (fields["PHOTO"], fields["OUTCOME"], fields["MS"]) == ("party/é.jpg", "cut", "102.2")
    assert (fields["MS_DECODE"], fields["MS_NETWORK_INPUT"]) == ("99.2", "3.0")


def test_a_photo_that_was_not_cut_carries_why(journal: socket.socket) -> None:
    log_refused(PurePosixPath("a.jpg"), UnreadablePhoto("cut short"))
    log_refused(PurePosixPath("b.jpg"), NoPersonFound("nobody"))
    log_again(PurePosixPath("c.jpg"), "infer", EngineError("the worker ended"))
    failed, nobody, again = heard(journal), heard(journal), heard(journal)
    assert (failed["OUTCOME"], failed["ERROR"], failed["PRIORITY"]) == ("failed", "UnreadablePhoto", "4")
    assert nobody["OUTCOME"] == "no-person"
    assert (again["OUTCOME"], again["STAGE"]) == ("retry", "infer")


@pytest.mark.parametrize(("level", "priority"), [("debug", "7"), ("info", "6"), ("warning", "4"), ("error", "3")])
def test_levels_are_priorities(journal: socket.socket, level: str, priority: str) -> None:
    getattr(logging.getLogger("edge.x"), level)("x")
    assert heard(journal)["PRIORITY"] == priority


def test_lines_breaks_in_a_name_or_a_message_forge_no_field(journal: socket.socket) -> None:
    try:
        raise ValueError("first\nPRIORITY=0")
    except ValueError:
        logging.getLogger("edge.x").exception("two\nPHOTO=forged")
    fields = heard(journal)
    assert fields["PRIORITY"] == "3" and "PHOTO" not in fields
    assert fields["MESSAGE"].startswith("two\nPHOTO=forged\nTraceback")
    log_refused(PurePosixPath("a\nPRIORITY=0.jpg"), UnreadablePhoto("cut short"))
    assert heard(journal)["PRIORITY"] == "4"


def test_what_the_journal_does_not_take_is_written_as_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    handler = JournalHandler(str(tmp_path / "nobody"))
    handler.emit(logging.LogRecord("edge", logging.ERROR, "", 1, "the disk is full", None, None))
    handler.close()
    assert capsys.readouterr().err == "E the disk is full\n"


@pytest.mark.parametrize("ours", [True, False])
def test_only_a_standard_error_that_is_the_journal_is_left_silent(tmp_path: Path, ours: bool) -> None:
    """A service that is started from a shell inside a unit inherits the variable, but writes elsewhere."""
    code = (
        "import logging, edge.monitoring.journald as j; j.SOCKET = 'journal'; j.set_up_logging('info'); logging.info('hello')"
    )
    with (tmp_path / "stderr").open("wb") as stderr, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.bind(str(tmp_path / "journal"))
        status = os.fstat(stderr.fileno())
        stream = f"{status.st_dev}:{status.st_ino if ours else 1}"
        environment = {**os.environ, "JOURNAL_STREAM": stream, "PYTHONPATH": str(Path(__file__).parents[3])}
        subprocess.run([sys.executable, "-c", code], stderr=stderr, cwd=tmp_path, env=environment, check=True)
        if ours:
            journal.settimeout(20)
            assert heard(journal)["MESSAGE"] == "hello"
    said = "" if ours else r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d I hello\n"
    assert re.fullmatch(said, (tmp_path / "stderr").read_text())


@pytest.mark.slow
def test_a_real_journal_finds_a_photo_by_its_fields(hot: Hot) -> None:
    tools = [shutil.which(name) for name in ("journalctl", "systemd-cat", "/lib/systemd/systemd-journald")]
    machine = Path("/etc/machine-id")
    if not all(tools) or not machine.exists() or not machine.read_text().strip():
        pytest.skip("systemd's journal is not installed")
    if subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "x", "/run"], capture_output=True, check=False).returncode:
        pytest.skip("this machine does not allow user namespaces with mounts")
    hot.drop("guest.jpg", portrait())
    hot.drop("torn.jpg", b"no picture")
    script = Path(__file__).parent / "real_journal.sh"
    command = ["unshare", "-rm", "sh", str(script), *hot.command("--once")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    lines = {line["PHOTO"]: line for line in map(json.loads, result.stdout.splitlines()) if "PHOTO" in line}
    assert (lines["guest.jpg"]["OUTCOME"], lines["guest.jpg"]["PRIORITY"]) == ("cut", "6")
    assert float(lines["guest.jpg"]["MS"]) > float(lines["guest.jpg"]["MS_DECODE"]) > 0
    assert (lines["torn.jpg"]["OUTCOME"], lines["torn.jpg"]["PRIORITY"]) == ("failed", "4")
    assert lines["torn.jpg"]["_TRANSPORT"] == "journal"
