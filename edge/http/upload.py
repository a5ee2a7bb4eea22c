"""Bodies of requests into the files that the supervisor gave: streamed, bounded, and never whole in this process's memory."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Awaitable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeVar

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from edge.fs.temporary import write_all
from edge.http.messages import TOO_LATE
from edge.http.refused import ClientGone, Refused, body_too_large, invalid

_SECONDS, _SECONDS_PER_MB = 20.0, 1.0  # for a body: 1 MB a second is less than any network that photos come over
_LONGEST_FIELD, _MOST_PARTS = 1 << 16, 64

T = TypeVar("T")


@dataclass(slots=True)
class Form:
    """fields: the text of each part that is no file. files: bytes of each that is, by its name."""

    fields: dict[str, str] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)


def announced(request: Request, limit: int) -> int | None:
    """Bytes of the body, by its own word; None where it says nothing.

    Raises:
        Refused: more than `limit`.
    """
    words = request.headers.get("content-length", "")
    if not words.isdecimal():
        return None
    if int(words) > limit:
        raise body_too_large(limit)
    return int(words)


async def read_body(request: Request, target: int, limit: int) -> int:
    """The whole body into the file `target`; returns its bytes.

    Raises:
        Refused: too large, too slow, or there is no room for it.
        ClientGone: it ends early.
    """

    async def read() -> int:
        size = 0
        async for chunk in _chunks(request, limit):
            _write(target, chunk, limit)
            size += len(chunk)
        return size

    return await _in_time(read(), request, limit)


async def read_form(request: Request, targets: Mapping[str, int], limit: int) -> Form:
    """A multipart/form-data body (RFC 7578). targets: the file for each part that may bring one, by its name; other files are
    passed over.

    Raises:
        Refused: no such body, damaged, too large, too slow, or there is no room for it.
        ClientGone: it ends early.
    """
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data" or b"boundary" not in options:
        raise invalid("the body is not multipart/form-data")

    async def read() -> Form:
        reader = _Reader(targets, limit)
        try:
            parser = reader.parser(options[b"boundary"])
            async for chunk in _chunks(request, limit):
                parser.write(chunk)
            parser.finalize()
        except FormParserError as error:
            raise invalid(f"the form is damaged: {error}") from error
        if not reader.ended:
            raise invalid("the form is cut short")
        return reader.form

    return await _in_time(read(), request, limit)


class _Reader:
    """The parser's callbacks: one part after the other."""

    def __init__(self, targets: Mapping[str, int], limit: int) -> None:
        self.form, self.ended = Form(), False
        self._targets, self._limit, self._parts = targets, limit, 0
        self._header, self._value = bytearray(), bytearray()
        self._headers: dict[bytes, bytes] = {}
        self._name, self._target, self._text = "", -1, bytearray()
        self._is_file = False

    def parser(self, boundary: bytes) -> MultipartParser:
        return MultipartParser(
            boundary,
            {
                "on_part_begin": self._on_part_begin,
                "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers_finished,
                "on_part_data": self._on_part_data,
                "on_part_end": self._on_part_end,
                "on_end": self._on_end,
            },
        )

    def _on_part_begin(self) -> None:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise invalid(f"the form has more than {_MOST_PARTS} parts")
        self._headers = {}

    def _on_header_end(self) -> None:
        self._headers[bytes(self._header).lower()] = bytes(self._value)
        self._header, self._value = bytearray(), bytearray()

    def _on_headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._is_file = b"filename" in options or self._name in self._targets
        self._target, self._text = self._targets.get(self._name, -1), bytearray()
        if self._is_file:
            if self._name in self.form.files:
                raise invalid(f"there are two files {self._name!r}")
            self.form.files[self._name] = 0

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            self.form.files[self._name] += end - start
            if self._target >= 0:
                _write(self._target, data[start:end], self._limit)
        elif len(self._text) + end - start > _LONGEST_FIELD:
            raise invalid(f"the field {self._name!r} is too long")
        else:
            self._text.extend(data[start:end])

    def _on_part_end(self) -> None:
        if not self._is_file:
            self.form.fields[self._name] = self._text.decode("utf-8", "replace")

    def _on_end(self) -> None:
        self.ended = True


async def _chunks(request: Request, limit: int) -> AsyncIterator[bytes]:
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise body_too_large(limit)
            yield chunk
    except ClientDisconnect as error:
        raise ClientGone from error


async def _in_time(reading: Awaitable[T], request: Request, limit: int) -> T:
    size = announced(request, limit)
    seconds = _SECONDS + _SECONDS_PER_MB * ((limit if size is None else size) >> 20)
    try:
        return await asyncio.wait_for(reading, seconds)
    except asyncio.TimeoutError as error:
        raise Refused(HTTPStatus.REQUEST_TIMEOUT, TOO_LATE, f"the body did not come within {seconds:.0f} s") from error


def _write(target: int, data: bytes, limit: int) -> None:
    try:
        write_all(target, data)
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise body_too_large(limit) from error
        words = f"there is no room for the photo: {error.strerror}"
        raise Refused(HTTPStatus.INSUFFICIENT_STORAGE, "OutputError", words) from error
