"""The keys of [hooks], as edge/config/schema.py has those of all other sections."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from edge.config.hooks import HooksOptions
from edge.config.keys import Advised, Key, flag, number, text
from edge.config.types import default_of

_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252}[A-Za-z0-9_.])?|[0-9A-Fa-f:.]+")


def _url(value: Any) -> str:
    if not re.fullmatch(r"https?://[!-~]+", text(value)):
        raise ValueError
    parts = urlsplit(value)
    if "@" in parts.netloc:
        raise Advised("an address without name and password; what the receiver asks for can stand behind a ?")
    if parts.fragment or parts.port == 0 or not _NAME.fullmatch(parts.hostname or ""):
        raise ValueError
    parts.netloc.encode("idna")  # as it will be looked up: no part of the name too long, none empty
    return str(value)


def _command(value: Any) -> tuple[str, ...]:
    """Arguments may be empty; no word may hold a zero byte."""
    if not isinstance(value, list) or not value or not all(isinstance(word, str) and "\0" not in word for word in value):
        raise ValueError
    if not value[0].startswith("/"):
        raise Advised(f"the program's absolute path in its first place: no shell and no PATH looks for {value[0]!r}")
    return tuple(value)


HOOKS_KEYS = {
    "url": Key(_url, 'an address, such as "http://192.168.1.20:8080/photos"').described(
        "Gets a POST with JSON for each finished photo, cut or not. "
        "The installed service has no network until its drop-in network.conf is there, with the receiver's address.",
        without="nobody is told",
        example="http://127.0.0.1:8080/photos",
    ),
    "command": Key(
        _command, 'a program\'s absolute path and its arguments, such as ["/usr/local/bin/on-photo", "--quiet"]'
    ).described(
        "Is run for each finished photo, with the same JSON on its standard input. There is no shell. "
        "In the installed service it may do no more than the service itself.",
        without="nothing is run",
        example=["/usr/local/bin/on-photo"],
    ),
    "timeout_seconds": number(1, 600, float).described(
        "Seconds for one try of `url`, and of `command`, as a whole.", default=default_of(HooksOptions, "timeout")
    ),
    "json": Key(flag, "true or false").described(
        "Whether a JSON lies beside each cut-out, `NAME.json` beside `NAME.png`, that says what it is.",
        default=default_of(HooksOptions, "json"),
    ),
}
