"""Protocol Buffers' wire format, as far as an ONNX file needs it to be read, changed and written back.

The onnx package would do it as well, and take 60 MB with its dependencies on every board.

Format: protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
_FIXED = {FIXED64: 8, FIXED32: 4}


@dataclass(frozen=True, slots=True)
class Field:
    """number: of the field in its message. value: a number for VARINT, the bytes for all others."""

    number: int
    kind: int
    value: int | bytes

    @property
    def data(self) -> bytes:
        """The bytes.

        Raises:
            ValueError: it is a number.
        """
        if not isinstance(self.value, bytes):
            raise ValueError(f"field {self.number} is a number")
        return self.value

    @property
    def text(self) -> str:
        """The bytes as text. Raises ValueError where they are none."""
        return self.data.decode()


def read(message: bytes) -> list[Field]:
    """The fields of a message, in their order.

    Raises:
        ValueError: it is cut short, or no message.
    """
    fields, position = [], 0
    while position < len(message):
        tag, position = _varint(message, position)
        kind, value = tag & 7, b""
        if kind == VARINT:
            number, position = _varint(message, position)
            fields.append(Field(tag >> 3, kind, number))
            continue
        if kind == LENGTH:
            length, position = _varint(message, position)
        elif kind in _FIXED:
            length = _FIXED[kind]
        else:
            raise ValueError(f"no field begins at byte {position}")
        value = message[position : position + length]
        if len(value) != length:
            raise ValueError("a field is longer than its message")
        fields.append(Field(tag >> 3, kind, value))
        position += length
    return fields


def write(fields: Iterable[Field]) -> bytes:
    """The inverse of `read`."""
    parts = []
    for field in fields:
        parts.append(_as_varint(field.number << 3 | field.kind))
        if isinstance(field.value, int):
            parts.append(_as_varint(field.value))
        else:
            parts += [_as_varint(len(field.value))] * (field.kind == LENGTH) + [field.value]
    return b"".join(parts)


def text(number: int, value: str) -> Field:
    """A field of text."""
    return Field(number, LENGTH, value.encode())


def inner(number: int, fields: Iterable[Field]) -> Field:
    """A field that is a message itself."""
    return Field(number, LENGTH, write(fields))


def all_of(fields: Iterable[Field], number: int) -> list[Field]:
    """Those of that number."""
    return [field for field in fields if field.number == number]


def first(fields: Iterable[Field], number: int) -> Field | None:
    """The first of that number."""
    return next((field for field in fields if field.number == number), None)


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """The number at `position`, seven bits a byte, lowest first; and the position after it."""
    number = shift = 0
    while position < len(data) and shift < 70:
        byte = data[position]
        position += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, position
        shift += 7
    raise ValueError("a number is cut short")


def _as_varint(number: int) -> bytes:
    parts = bytearray()
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])
