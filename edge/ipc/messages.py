"""Messages between processes: frozen typed values, one encoding, one decoding that refuses whatever is not one of them.

Which messages there are stands with those who speak: messages.py in edge/worker, edge/camera and edge/engine. A message
may hold numbers, text, tuples, dictionaries, paths, and frozen dataclasses of these.
"""

from __future__ import annotations

import os
from pathlib import Path, PurePath, PurePosixPath
from typing import Annotated, Any

import msgspec

# Beyond these nothing that we send goes; a process that somebody took over is not believed.
Text = Annotated[str, msgspec.Meta(max_length=16_384)]
Word = Annotated[str, msgspec.Meta(max_length=200)]
Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]


class ProtocolError(ValueError):
    """What came is no message that is expected here."""


class Message(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Base of all messages; each is told from the others by the name of its class."""


class Decoder:
    """Takes the messages of `expected`, a union of Message classes, and nothing else."""

    def __init__(self, expected: Any) -> None:
        self._decoder = msgspec.json.Decoder(tuple[tuple[Word, ...], expected], dec_hook=_decoded)

    def decode(self, data: bytes) -> tuple[tuple[str, ...], Any]:
        """The names of the files that come with a message, and the message.

        Raises:
            ProtocolError: it is none of the expected ones, or a field is of another type or out of its range.
        """
        try:
            names, message = self._decoder.decode(data)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise ProtocolError(str(error)) from error
        return names, message


def encode(message: Message, names: tuple[str, ...] = ()) -> bytes:
    """names: of the files that go with it, in their order."""
    return _ENCODER.encode((names, message))


def as_table(message: Message) -> dict[str, Any]:
    """The message for programs that know no such types: its fields that are set, as JSON holds them."""
    table: dict[str, Any] = msgspec.to_builtins(message, enc_hook=_encoded)
    return {name: value for name, value in table.items() if name != "type" and value is not None}


def _encoded(value: Any) -> str:
    """A path, whatever its bytes: names on a disk need not be text."""
    if isinstance(value, PurePath):
        return os.fsencode(value).decode("latin-1")
    raise TypeError(f"a message cannot hold a {type(value).__name__}")


def _decoded(kind: type[Any], value: Any) -> Any:
    if kind in (Path, PurePosixPath) and isinstance(value, str):
        return kind(os.fsdecode(value.encode("latin-1")))
    raise ValueError(f"no {kind.__name__} can be made of it")


_ENCODER = msgspec.json.Encoder(enc_hook=_encoded)
