"""The channel and its messages: what goes in comes out, and nothing else is believed."""

from __future__ import annotations

import array
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

from edge.ipc.channel import Channel, pair
from edge.ipc.messages import Count, Decoder, Message, ProtocolError, Text, Word, encode


@dataclass(frozen=True, slots=True)
class Size:
    width: int
    height: int | None = None


class Job(Message, frozen=True):
    number: Count
    path: PurePosixPath
    size: Size
    seconds: dict[Word, float]
    words: tuple[Word, ...] = ()


class Done(Message, frozen=True):
    text: Text


DECODER = Decoder(Job | Done)
JOB = Job(3, PurePosixPath("party/\udcff.jpg"), Size(4), {"decode": 0.25}, ("one", "two"))


@pytest.fixture
def ends() -> Iterator[tuple[Channel, socket.socket]]:
    """An end that takes files and never waits, and the bare socket of whoever talks to it."""
    ours, theirs = pair()
    channel = Channel(ours, DECODER, takes_files=True)
    yield channel, theirs
    channel.close()
    theirs.close()


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_message_comes_out_as_it_went_in_with_its_files_by_name(ends: tuple[Channel, socket.socket], tmp_path: Path) -> None:
    channel, theirs = ends
    with (tmp_path / "photo").open("wb+") as photo:
        photo.write(b"pixels")
        photo.flush()
        Channel(theirs, DECODER, takes_files=False).send(JOB, {"output": 2, "photo": photo.fileno()})
        received = channel.receive()
    assert received is not None and received.message == JOB
    assert list(received.files) == ["output", "photo"]
    assert os.pread(received.files["photo"], 100, 0) == b"pixels"
    for descriptor in received.files.values():
        assert not os.get_inheritable(descriptor)
        os.close(descriptor)


GOOD = encode(Done("well"))
LIES = {
    "nothing like it": b"GET / HTTP/1.1",
    "another message": GOOD.replace(b"Done", b"Gone"),
    "a field that is not there": GOOD.replace(b'"text"', b'"test"'),
    "one field more": GOOD.replace(b'"text"', b'"more":1,"text"'),
    "another type": GOOD.replace(b'"well"', b"7"),
    "a long text": encode(Done("x" * 20_000)),
    "not a number": encode(JOB).replace(b"0.25", b"NaN"),
    "beyond all numbers": encode(JOB).replace(b"0.25", b"1e999"),
    "below zero": encode(JOB).replace(b'"number":3', b'"number":-3'),
    "true for a number": encode(JOB).replace(b'"number":3', b'"number":true'),
    "deep": b"[" * 60_000,
    "half": GOOD[:-5],
    "not UTF-8": GOOD.replace(b"well", b"\xff\xfe"),
    "files that did not come": encode(Done("well"), ("photo",)),
}


@pytest.mark.parametrize("lie", LIES)
def test_what_is_no_expected_message_is_refused(ends: tuple[Channel, socket.socket], lie: str) -> None:
    channel, theirs = ends
    theirs.send(LIES[lie])
    with pytest.raises(ProtocolError):
        channel.receive()
    theirs.send(GOOD)
    received = channel.receive()
    assert received is not None and received.message == Done("well")


def test_a_message_longer_than_a_packet_is_refused(ends: tuple[Channel, socket.socket]) -> None:
    channel, theirs = ends
    theirs.send(GOOD + b" " * 100_000)
    with pytest.raises(ProtocolError, match="more than"):
        channel.receive()


def test_descriptors_that_nobody_asked_for_do_not_stay_open(ends: tuple[Channel, socket.socket]) -> None:
    channel, theirs = ends
    ours, other = pair()
    plain = Channel(ours, DECODER, takes_files=False)
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0] * 200))]
    before = open_files()
    for _ in range(50):
        for sender in (theirs, other):
            sender.sendmsg([GOOD], rights)
        received = plain.receive()
        assert received is not None and received.files == {}
        with pytest.raises(ProtocolError):
            channel.receive()
    assert open_files() == before
    plain.close()
    other.close()


def test_the_other_ends_end_is_told(ends: tuple[Channel, socket.socket]) -> None:
    channel, theirs = ends
    with pytest.raises(BlockingIOError):
        channel.receive()
    theirs.close()
    assert channel.receive() is None
