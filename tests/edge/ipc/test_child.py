"""A child as its parent sees it, with real processes: each test's child is a module of its own."""

from __future__ import annotations

import os
import select
import signal
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.ipc.child import ChildExit, ChildProcess
from edge.ipc.memory_file import create_memory_file
from edge.ipc.messages import Decoder, Message, Text


class Said(Message, frozen=True):
    text: Text


DECODER = Decoder(Said)
HEAD = """
import os, signal, sys, time
from edge.ipc.messages import Decoder, Message, Text
from edge.ipc.parent import parent_channel
class Said(Message, frozen=True):
    text: Text
channel = parent_channel(Decoder(Said))
first = channel.receive()
"""
Start = Callable[..., ChildProcess]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start a child with this code."""
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{Path(__file__).parents[3]}")
    started: list[ChildProcess] = []

    def begin(code: str, **more: Any) -> ChildProcess:
        (tmp_path / "a_child.py").write_text(HEAD + textwrap.dedent(code))
        started.append(ChildProcess("a_child", Said("hello"), DECODER, **more))
        return started[-1]

    yield begin
    for child in started:
        child.stop()


def heard(child: ChildProcess, until: int = 10_000) -> tuple[list[str], ChildExit | None]:
    """All that it says, until it has said so much or ended."""
    texts: list[str] = []
    end = time.monotonic() + 30
    while child.ended is None and len(texts) < until:
        assert select.select([child], [], [], end - time.monotonic())[0], f"only {texts}"
        texts += [message.text for message in child.receive()]
    return texts, child.ended


def test_it_hears_and_answers_and_its_end_is_told(start: Start) -> None:
    child = start("channel.send(first.message)\nchannel.send(Said(os.environ['WHO']))\nsys.exit(7)", environment={"WHO": "me"})
    assert heard(child) == (["hello", "me"], ChildExit(7))
    assert str(child.ended) == "ended with code 7"


def test_files_go_with_a_message(start: Start) -> None:
    file = create_memory_file("photo")
    os.write(file, b"pixels")
    child = start("channel.send(Said(os.pread(first.files['photo'], 9, 0).decode()))", files={"photo": file})
    os.close(file)
    assert heard(child)[0] == ["pixels"]


@pytest.mark.parametrize(
    "code,outside,words",
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", False, "was killed by SIGSEGV"),
        ("os.kill(os.getpid(), signal.SIGKILL)", True, "was killed from outside, by SIGKILL"),
    ],
)
def test_how_it_died_is_told(start: Start, code: str, outside: bool, words: str) -> None:
    _, ended = heard(start(code))
    assert ended is not None and (ended.from_outside, str(ended)) == (outside, words)


def test_one_that_is_killed_is_told_by_our_reason(start: Start) -> None:
    child = start("channel.send(Said('up')); time.sleep(60)")
    heard(child, until=1)
    child.kill("made no progress for 5 s and was ended")
    assert str(heard(child)[1]) == "made no progress for 5 s and was ended"


def test_one_that_sends_what_is_no_message_is_ended(start: Start) -> None:
    child = start("channel.send(Said('good'))\nchannel._socket.send(b'rubbish')\nchannel.send(Said('more'))\ntime.sleep(60)")
    texts, ended = heard(child)
    assert texts == ["good"] and ended is not None
    assert "sent what is no message" in str(ended) and not ended.from_outside


@pytest.mark.slow
@pytest.mark.parametrize("hangs_up", ["channel.close()", "channel._socket.send(b'')", "os.closerange(3, 100)"])
def test_one_that_hangs_up_and_stays_holds_nobody_and_is_ended(start: Start, hangs_up: str) -> None:
    child = start(f"channel.send(Said('up'))\n{hangs_up}\ntime.sleep(60)")
    heard(child, until=1)
    assert select.select([child], [], [], 30)[0]
    assert child.receive() == [] and child.ended is None, "it was waited for"
    assert str(heard(child)[1]) == "hung up and was ended"


def test_one_that_hangs_up_first_may_end_by_itself(start: Start) -> None:
    child = start("channel.close()\ntime.sleep(0.5)\nsys.exit(3)")
    assert heard(child) == ([], ChildExit(3))


def test_one_that_talks_without_end_holds_nobody(start: Start) -> None:
    child = start("while True: channel.send(Said('and then'))")
    heard(child, until=1)
    time.sleep(0.5)
    assert len(child.receive()) <= 64 and child.ended is None


def test_one_that_takes_nothing_any_more_is_ended(start: Start) -> None:
    child = start("channel.send(Said('up')); os.kill(os.getpid(), signal.SIGSTOP)")
    heard(child, until=1)
    for _ in range(10_000):
        child.send(Said("x" * 10_000))
    assert "took no more messages" in str(heard(child)[1])


@pytest.mark.slow
@pytest.mark.parametrize("stopped", [False, True])
def test_one_that_is_asked_to_end_may_take_its_time_and_no_more(start: Start, stopped: bool) -> None:
    child = start("""
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
        try:
            channel.send(Said("up"))
            time.sleep(60)
        finally:
            channel.send(Said("goodbye"))
    """)
    heard(child, until=1)
    if stopped:
        os.kill(child.pid, signal.SIGSTOP)
    child.terminate(5.0)
    texts, ended = heard(child)
    assert ended is not None and (texts, ended.code) == (([], -signal.SIGKILL) if stopped else (["goodbye"], 3))


def test_it_does_not_outlive_its_parent(start: Start, tmp_path: Path) -> None:
    child = start("""
        import subprocess
        code = "import sys, time; sys.argv[1:] = ['0']; from edge.ipc.parent import die_with_parent; die_with_parent();"
        code += "print('up', flush=True); time.sleep(60)"
        orphan = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        orphan.stdout.readline()
        channel.send(Said(str(orphan.pid)))
        time.sleep(60)
    """)
    pid = int(heard(child, until=1)[0][0])
    child.stop()
    end = time.monotonic() + 10
    while Path(f"/proc/{pid}/stat").exists() and " Z " not in Path(f"/proc/{pid}/stat").read_text():
        assert time.monotonic() < end
        time.sleep(0.05)
