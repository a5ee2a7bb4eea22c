"""GStreamer's data protocol (element gdppay), as far as raw video needs it: each picture comes with its length, and its
size and colours are told in the stream, so that a camera that changes its mode cannot tear pictures.

A packet is a header of 62 bytes, big-endian: version (2 bytes), flags, padding, kind (2), length of the payload (4),
timestamps, flags and checksums that are of no use here, then the payload. Source: gstgdp/dataprotocol.h of
gst-plugins-bad, the same since 2006.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from enum import Enum

HEADER = 62
LONGEST = 256 * 1024 * 1024  # a picture of 100 megapixels and more is no picture but a broken stream
_FIELDS = struct.Struct(">BBBxHI")


class Kind(Enum):
    """What a payload holds; events (end of stream, segments) are passed over."""

    PICTURE = 1
    CAPS = 2
    OTHER = 0


class BrokenStream(ValueError):
    """Not what gdppay writes."""


@dataclass(frozen=True, slots=True)
class Packet:
    """kind and length in bytes of the payload that follows a header."""

    kind: Kind
    length: int


@dataclass(frozen=True, slots=True)
class Caps:
    """What the next pictures are: I420 of width x height pixels; colorimetry as GStreamer writes it, "" for unknown."""

    width: int
    height: int
    colorimetry: str = ""

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


def packet(header: bytes) -> Packet:
    """What a header announces.

    Raises:
        BrokenStream: not a header of this protocol.
    """
    major, minor, _, kind, length = _FIELDS.unpack_from(header)
    if (major, minor) != (1, 0) or length > LONGEST:
        raise BrokenStream(f"a packet of version {major}.{minor} and {length} bytes")
    return Packet({1: Kind.PICTURE, 2: Kind.CAPS}.get(kind, Kind.OTHER), length)


def caps(payload: bytes) -> Caps:
    """The caps in a payload.

    Raises:
        BrokenStream: no I420 video, or no size.
    """
    text = payload.rstrip(b"\0").decode("utf-8", "replace")
    fields = dict(re.findall(r"([\w-]+)=(?:\(\w+\))?\"?([^,;\"]+)", text))
    try:
        if fields["format"] != "I420":
            raise BrokenStream(f"pictures in {fields['format']} instead of I420")
        return Caps(int(fields["width"]), int(fields["height"]), fields.get("colorimetry", ""))
    except (KeyError, ValueError) as error:
        raise BrokenStream(f"caps without size or format: {text[:200]}") from error
