"""Photos in base64 within a body. The body lies in the photo's file, and what it holds takes its place there.

It is whole in memory for a moment, once. Nothing here waits, so that the server has one such body in memory at a time.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Callable, Collection, Iterator
from urllib.parse import unquote_plus, unquote_to_bytes

import msgspec

from edge.fs.temporary import write_all
from edge.http.refused import invalid

_PIECE = 1 << 18  # bytes of text decoded at a time
_LONGEST_FIELD, _MOST_FIELDS = 1 << 16, 64
_SPACES = b" \t\r\n"
_ESCAPE = re.compile(rb"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)


def take_text(file: int, name: str) -> None:
    """The file is the base64 alone. name: what it is called, for the sentence that refuses it.

    Raises:
        Refused: it is no base64.
    """
    data = _whole(file)
    _replace(file, name, _unescaped(memoryview(data), b"", lambda piece: piece))


def take_json(file: int, names: Collection[str]) -> tuple[dict[str, str], set[str]]:
    """The file is a JSON object (RFC 8259). names: of the members that are photos, of which at most one is taken.

    Returns its other members as text, True as "true", and the names of the photos that are there; null and "" are not there.

    Raises:
        Refused: it is something else, or a photo is no base64.
    """
    data = _whole(file)
    try:
        members = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        photos = {name: members.pop(name) for name in names if name in members}
        fields = {name: _as_text(name, raw) for name, raw in members.items()}
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise invalid(f"the body is no JSON object with {' or '.join(names)}: {error}") from error
    found = {name: _string(name, memoryview(raw)) for name, raw in photos.items() if bytes(memoryview(raw)[:5]) != b"null"}
    return fields, _take(file, found, b"\\", _of_json)


def take_urlencoded(file: int, names: Collection[str]) -> tuple[dict[str, str], set[str]]:
    """The same of a body that is application/x-www-form-urlencoded (url.spec.whatwg.org)."""
    data = _whole(file)
    fields: dict[str, str] = {}
    photos: dict[str, memoryview] = {}
    at = 0
    while at < len(data):
        end = data.find(b"&", at)
        end = len(data) if end < 0 else end
        middle = data.find(b"=", at, end)
        middle = end if middle < 0 else middle
        name = unquote_plus(_short(data, at, middle))
        if name in names:
            photos[name] = memoryview(data)[middle + 1 : end]
        elif name:
            fields[name] = unquote_plus(_short(data, middle + 1, end))
        if len(fields) > _MOST_FIELDS:
            raise invalid(f"the form has more than {_MOST_FIELDS} fields")
        at = end + 1
    # A + that stands for itself is a mistake that senders make: a space is never meant.
    return fields, _take(file, photos, b"%", unquote_to_bytes)


def _take(file: int, photos: dict[str, memoryview], mark: bytes, unescape: Callable[[bytes], bytes]) -> set[str]:
    given = {name: text for name, text in photos.items() if len(text)}
    if len(given) == 1:
        ((name, text),) = given.items()
        _replace(file, name, _unescaped(text, mark, unescape))
    return set(given)


def _whole(file: int) -> bytes:
    return os.pread(file, os.fstat(file).st_size, 0)


def _replace(file: int, name: str, text: Iterator[bytes]) -> None:
    os.ftruncate(file, 0)
    os.lseek(file, 0, os.SEEK_SET)
    try:
        for piece in _decoded(text):
            write_all(file, piece)
    except (binascii.Error, ValueError) as error:
        raise invalid(f"{name} is no base64: {error}") from error


def _decoded(text: Iterator[bytes]) -> Iterator[bytes]:
    """What the base64 (RFC 4648, 4) stands for; lines may be broken, and a data: address may begin it."""
    rest, first = b"", True
    for each in text:
        piece = each
        if first and piece.lstrip().startswith(b"data:"):
            piece = piece.partition(b",")[2]
        first = False
        rest += piece.translate(None, _SPACES)
        whole = len(rest) // 4 * 4
        if b"=" in rest[: whole - 4]:
            raise ValueError("it goes on after its end")
        # The last four may be the end, which is told by what follows.
        yield base64.b64decode(rest[: max(0, whole - 4)], validate=True)
        rest = rest[max(0, whole - 4) :]
    if len(rest) % 4:
        raise ValueError("it is cut short")
    yield base64.b64decode(rest, validate=True)


def _unescaped(text: memoryview, mark: bytes, unescape: Callable[[bytes], bytes]) -> Iterator[bytes]:
    """A piece at a time, none of which ends within an escape. mark: what an escape, of at most 6 bytes, begins with, b"" for
    none."""
    at = 0
    while at < len(text):
        end = min(at + _PIECE, len(text))
        piece = bytes(text[at:end])
        if mark and end < len(text) and (cut := piece.rfind(mark, len(piece) - 6)) > 0:
            piece = piece[:cut]
        yield unescape(piece) if mark and mark in piece else piece
        at += len(piece)


def _of_json(piece: bytes) -> bytes:
    """Its escapes (RFC 8259, 7), those that base64 may have; others become what is no base64."""

    def char(found: re.Match[bytes]) -> bytes:
        what = found[1]
        if what[:1] == b"u" and len(what) == 5:
            code = int(what[1:], 16)
            return bytes([code]) if code < 128 else b"!"
        return {b"/": b"/", b"n": b"\n", b"r": b"\r", b"t": b"\t"}.get(what, b"!")

    return _ESCAPE.sub(char, piece)


def _string(name: str, raw: memoryview) -> memoryview:
    """What stands between its quotes."""
    if bytes(raw[:1]) != b'"':
        raise invalid(f"{name} is no string")
    return raw[1:-1]


def _as_text(name: str, raw: msgspec.Raw) -> str:
    if len(memoryview(raw)) > _LONGEST_FIELD:
        raise invalid(f"the field {name[:50]!r} is too long")
    value = msgspec.json.decode(raw)
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or isinstance(value, str | int | float):
        return "" if value is None else str(value)
    raise invalid(f"the field {name[:50]!r} is neither text nor a number")


def _short(data: bytes, start: int, end: int) -> str:
    if end - start > _LONGEST_FIELD:
        raise invalid(f"the field {data[start : start + 50].decode('utf-8', 'replace')!r} is too long")
    return data[start:end].decode("utf-8", "replace")
