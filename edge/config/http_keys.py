"""The keys of [http], as edge/config/schema.py has those of all other sections."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Any

from edge.config.http import HttpOptions
from edge.config.keys import Key, listen, number, path, text
from edge.config.types import default_of

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")
_ORIGIN = re.compile(rf"https?://({_HOST.pattern}|\[[0-9a-fA-F:.]+\])(:\d{{1,5}})?")
_LONGEST_KEY, _SHORTEST_KEY = 256, 16


def _list_of(pattern: re.Pattern[str]) -> Callable[[Any], tuple[str, ...]]:
    def read(value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or not value or not all(pattern.fullmatch(text(each)) for each in value):
            raise ValueError
        return tuple(each.lower() for each in value)

    return read


HTTP_KEYS = {
    "listen": Key(listen, 'an address of this machine and a port, such as "127.0.0.1:7000" or "[::1]:7000"').described(
        "Cuts photos that are sent over HTTP, and serves `/metrics` and `/healthz`. "
        "The installed service has no network until its drop-in network.conf is there.",
        without="nothing listens",
        example="127.0.0.1:7000",
    ),
    "key_file": Key(path, 'a file, such as "/etc/edge-matting/http.key"').described(
        f"A file with a key of {_SHORTEST_KEY} to {_LONGEST_KEY} characters, which every request must show as `X-Api-Key`. "
        "Needed where `listen` is no loopback address.",
        without="no key is asked for",
        example="/etc/edge-matting/http.key",
    ),
    "certificate": Key(path, 'a PEM file, such as "/etc/edge-matting/http.crt"').described(
        "The certificate, with those above it, for HTTPS. Needs `private_key`.",
        without="HTTP",
        example="/etc/edge-matting/http.crt",
    ),
    "private_key": Key(path, 'a PEM file, such as "/etc/edge-matting/http.pem"').described(
        "The certificate's private key.", without="HTTP", example="/etc/edge-matting/http.pem"
    ),
    "hosts": Key(_list_of(_HOST), 'names, such as ["booth.lan"]').described(
        "Names by which clients call this machine, beside its addresses, localhost and its own name.",
        without="no more names",
        example=["booth.lan"],
    ),
    "origins": Key(_list_of(_ORIGIN), 'origins, such as ["https://booth.lan"]').described(
        "Web pages that may send photos from a browser, by their origin.", without="none", example=["https://booth.lan"]
    ),
    "deadline_seconds": number(5, 3600, float).described(
        "Seconds for a request, from its headers to its cut-out.", default=default_of(HttpOptions, "deadline")
    ),
}


def read_key(content: str) -> str:
    """The key in the text of a key file.

    Raises:
        ValueError: too short, too long, or not printable ASCII without spaces.
    """
    key = content.strip()
    if not _SHORTEST_KEY <= len(key) <= _LONGEST_KEY or not key.isascii() or not key.isprintable() or " " in key:
        raise ValueError(f"a key has {_SHORTEST_KEY} to {_LONGEST_KEY} letters, digits and signs, without a space")
    return key


def needs_key(address: tuple[str, int]) -> bool:
    """Whether other machines can reach it."""
    return not ipaddress.ip_address(address[0]).is_loopback


def http_problems(values: dict[str, Any], line: Callable[[str, str], int]) -> list[str]:
    """What only several keys together can get wrong."""
    if not values:
        return []
    if "listen" not in values:
        return [f"line {line('http', next(iter(values)))}: http needs http.listen, an address and a port"]
    problems = []
    if needs_key(values["listen"]) and "key_file" not in values:
        problems.append(
            f"line {line('http', 'listen')}: http.listen is open to other machines, which needs http.key_file, "
            "a file with a key that every request must show"
        )
    if ("certificate" in values) != ("private_key" in values):
        given = "certificate" if "certificate" in values else "private_key"
        problems.append(f"line {line('http', given)}: http.{given} alone is no HTTPS, give certificate and private_key")
    return problems
