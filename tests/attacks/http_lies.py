"""The lies of an HTTP server that somebody took over; see tests/attacks/http_liar.py."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from edge.config.options import Options
from edge.http.messages import (
    BACKGROUND,
    PHOTO,
    HttpState,
    LiveAsked,
    LiveGiven,
    LiveRefused,
    RequestClosed,
    RequestOpened,
    RequestSent,
    SlotGiven,
    SnapAsked,
)
from edge.ipc.messages import Message, encode
from tests.attacks.http_liar import REQUEST, Liar, lie_in_forms, tell, tried

# A person's, in a folder that is none of the service's.
PICTURE = "LIE_PICTURE"
_PORTRAIT = Path(os.environ[PICTURE]).read_bytes() if PICTURE in os.environ else b""
_HUGE, _IN_MEMORY, _ON_DISK = 1 << 40, 1 << 20, 64 << 20
_SENT, _SNAP, _STATE = RequestSent(REQUEST, Options(), False), SnapAsked(REQUEST, 0.0), encode(HttpState("", 1))
Lie = Callable[[Liar], object]


def take_over() -> None:
    """Before the server's own code runs."""
    liar = Liar(int(sys.orig_argv[-1]))
    if "LIE" in os.environ:
        EARLY[os.environ["LIE"]](liar)
    lie_in_forms(liar, LIES)


def _then_wait(deed: Lie) -> Callable[[Liar], None]:
    """It says nothing more, and does not let its clients go either."""

    def lie(liar: Liar) -> None:
        try:
            deed(liar)
        finally:
            time.sleep(600)

    return lie


def _sends(liar: Liar, *messages: Message) -> None:
    liar.opened()
    liar.say(*messages)


def _takes_nothing(liar: Liar) -> None:
    for number in range(REQUEST, REQUEST + 5000):
        liar.say(RequestOpened(number, 10, True), RequestClosed(number))


def _writes_afterwards(liar: Liar, size: int) -> None:
    """The photo that it has sent becomes another, and ends early, while it is cut. size: as it announces it."""
    photo = liar.opened(size=size).files[PHOTO]
    os.write(photo, _PORTRAIT)
    liar.say(RequestSent(REQUEST, Options(), False))
    time.sleep(0.5)  # until it has been heard
    tried("write", lambda: os.pwrite(photo, b"x" * 1000, 500))
    tried("truncate", lambda: os.ftruncate(photo, 1500))
    liar.tell_answer()


def _fills(liar: Liar, size: int | None) -> None:
    """As much as can be had, without its disk being filled: what lies between has no blocks."""
    photo = liar.opened(size=size).files[PHOTO]
    tried("a terabyte", lambda: os.ftruncate(photo, _HUGE))
    tried("a terabyte's last byte", lambda: os.pwrite(photo, b"x", _HUGE))
    liar.say(RequestSent(REQUEST, Options(), False))
    liar.tell_answer()


def _floods(liar: Liar) -> None:
    for _ in range(200_000):
        liar.socket.send(_STATE)
    tell("200,000 messages")


def _watches_without_end(liar: Liar) -> None:
    """Asks for live pictures, lets go of them, and asks again."""
    given = 0
    for _ in range(2000):
        liar.say(LiveAsked())
        received = liar.heard(LiveGiven, LiveRefused)
        given += isinstance(received.message, LiveGiven)
        for descriptor in received.files.values():
            os.close(descriptor)
    tell(f"live pictures were given {given} times of 2000")


def _talks_of_faults(liar: Liar) -> None:
    for number in range(20_000):
        liar.say(HttpState(f"planted {number}\nforged line\x1b]0;owned\x07", 1))


def _sends_descriptors(liar: Liar) -> None:
    for _ in range(400):
        with contextlib.suppress(OSError):  # too many are on their way: the kernel's own bound
            socket.send_fds(liar.socket, [_STATE], [2] * 100)
    tell("thousands of descriptors")


def _serves_for_a_moment(liar: Liar) -> None:
    liar.say(_STATE)
    os._exit(7)


# What ends it, and in which words.
ENDED: dict[str, tuple[Lie, str]] = {
    "a thousand requests": (
        lambda liar: liar.say(*(RequestOpened(number, 10, False) for number in range(REQUEST, REQUEST + 1000))),
        "asked for more than it may have",
    ),
    "a request twice": (lambda liar: liar.say(*[RequestOpened(REQUEST, 10, False)] * 2), "asked for more than it may have"),
    "a photo for no request": (lambda liar: liar.say(_SENT), "spoke of a request that it does not have"),
    "a snap for no request": (lambda liar: liar.say(_SNAP), "spoke of a request that it does not have"),
    "an end of no request": (lambda liar: liar.say(RequestClosed(REQUEST)), "spoke of a request that it does not have"),
    "a photo twice": (lambda liar: _sends(liar, _SENT, _SENT), "sent a photo twice"),
    "a snap twice": (lambda liar: _sends(liar, _SNAP, _SNAP), "asked for a second photo"),
    "a snap after a photo": (lambda liar: _sends(liar, _SENT, _SNAP), "asked for a second photo"),
    "a photo after a snap": (lambda liar: _sends(liar, _SNAP, _SENT), "sent a photo twice"),
    "a background that it has not": (
        lambda liar: _sends(liar, RequestSent(REQUEST, Options(), True)),
        "spoke of a background that it does not have",
    ),
    "a countdown of a year": (lambda liar: _sends(liar, SnapAsked(REQUEST, 3e7)), "sent what is no message"),
    "a countdown before now": (lambda liar: _sends(liar, SnapAsked(REQUEST, -1.0)), "sent what is no message"),
    "a request below none": (lambda liar: liar.say(RequestClosed(-1)), "sent what is no message"),
    "rubbish": (lambda liar: liar.say(b"\xff\x00rubbish"), "sent what is no message"),
    "depth": (lambda liar: liar.say(b"[" * 60_000), "sent what is no message"),
    "half a message": (lambda liar: liar.say(_STATE[: len(_STATE) // 2]), "sent what is no message"),
    "a message of the supervisors": (lambda liar: liar.say(SlotGiven(1)), "sent what is no message"),
    "a huge message": (lambda liar: liar.say(_STATE + b" " * 100_000), "sent what is no message"),
    "an empty message": (lambda liar: liar.say(b""), "hung up"),
    "a hang up": (lambda liar: liar.socket.shutdown(socket.SHUT_RDWR), "hung up"),
    "faults after it served": (_talks_of_faults, "said that it serves no more"),
    "more than it announced": (lambda liar: os.write(liar.opened(size=1000).files[PHOTO], bytes(2000)), "wrote more than"),
    "more of a background": (
        lambda liar: os.write(liar.opened(size=1000, background=True).files[BACKGROUND], bytes(2000)),
        "wrote more than",
    ),
    "nothing taken": (_takes_nothing, "took no more messages"),
}
# What it is answered.
ANSWERED: dict[str, tuple[Lie, list[str]]] = {
    "a file of the systems": (lambda liar: liar.asks(Options(background="/etc/passwd"), _PORTRAIT), ["refused SettingsError"]),
    "a picture of somebody elses": (
        lambda liar: liar.asks(Options(background=os.environ[PICTURE]), _PORTRAIT),
        ["refused SettingsError"],
    ),
    "the name of an own background": (
        lambda liar: liar.asks(Options(background="./background"), _PORTRAIT),
        ["refused SettingsError"],
    ),
    "a format that there is not": (lambda liar: liar.asks(Options(format="exe"), _PORTRAIT), ["refused SettingsError"]),
    "a preset that there is not": (lambda liar: liar.asks(Options(preset="exe"), _PORTRAIT), ["refused SettingsError"]),
    "numbers out of range": (
        lambda liar: liar.asks(Options(erode=10**30, feather=-1e300), _PORTRAIT),
        ["refused SettingsError"],
    ),
    "long words": (lambda liar: liar.asks(Options(format="x" * 60_000), _PORTRAIT), ["refused SettingsError"]),
    "no photo": (lambda liar: liar.asks(Options()), ["refused UnreadablePhoto"]),
    "a mask": (lambda liar: liar.asks(Options(mask=True), _PORTRAIT), ["cut .png"]),
    "no background": (
        lambda liar: liar.asks(Options(), _PORTRAIT, background=b""),
        ["refused"],
    ),
    "writing into memory afterwards": (
        partial(_writes_afterwards, size=_IN_MEMORY),
        ["write: Operation not permitted", "truncate: Operation not permitted", "cut .png"],
    ),
    "writing onto the disk afterwards": (partial(_writes_afterwards, size=_ON_DISK), ["write: ", "truncate: "]),
    "gigabytes in memory": (
        partial(_fills, size=1000),
        ["a terabyte: File too large", "last byte: File too large", "refused"],
    ),
    "gigabytes on the disk": (
        partial(_fills, size=None),
        ["a terabyte: File too large", "last byte: File too large", "refused"],
    ),
    "descriptors": (_sends_descriptors, ["thousands of descriptors"]),
    "a viewer without end": (_watches_without_end, ["were given 0 times"]),
    "two hundred thousand messages": (_floods, ["200,000 messages"]),
}
# Before it has come up.
EARLY: dict[str, Lie] = {
    "it ends at once": lambda liar: os._exit(7),
    "it serves for a moment": _serves_for_a_moment,
    "it talks of faults": _then_wait(_talks_of_faults),
}
LIES: dict[str, Lie] = {
    **{name: _then_wait(lie) for name, (lie, _) in ENDED.items()},
    **{name: lie for name, (lie, _) in ANSWERED.items()},
    "deaf": lambda liar: time.sleep(600),
}
