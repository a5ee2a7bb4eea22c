"""What became of a photo, in JSON: the same for a web address, for a program, and for the file beside the cut-out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Literal

import msgspec

from edge.fs.names import printable
from edge.monitoring.events import CutFacts, Event
from matting.photo import Box

_LONGEST = 2000  # characters of a reason


class PhotoRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """event: "cut", "failed" or "no-person". name: the photo's path within the inbox. time: RFC 3339, local.

    For "cut": output: the cut-out's path within the outbox; width, height: of it, in pixels; coverage: share of the photo
    that the person takes, 0..1; foreground: rows top..bottom and columns left..right of the output in which the person can
    be seen, half-open, where that is known; stage_ms: milliseconds by stage; engine: what ran the network.
    For the others: reason: a sentence; error: the class's name of `matting.errors`.
    """

    event: Literal["cut", "failed", "no-person"]
    name: str
    time: str
    output: str | None = None
    width: int | None = None
    height: int | None = None
    coverage: float | None = None
    foreground: Box | None = None
    stage_ms: Mapping[str, float] | None = None
    engine: str | None = None
    error: str | None = None
    reason: str | None = None


def record_of(event: Event) -> PhotoRecord | None:
    """What is told of an event; None for one that is no photo's end."""
    if event.kind not in ("cut", "failed", "no-person"):
        return None
    when = datetime.fromtimestamp(event.at).astimezone().isoformat(timespec="seconds")
    if event.kind != "cut" or event.facts is None:
        reason = event.reason[:_LONGEST] or None
        return PhotoRecord(event.kind, event.name, when, event.output or None, error=event.error or None, reason=reason)
    facts = event.facts
    width, height = facts.size
    return PhotoRecord(
        event.kind,
        event.name,
        when,
        event.output,
        width,
        height,
        round(facts.coverage, 4),
        facts.foreground,
        {stage: round(ms, 1) for stage, ms in facts.stage_ms.items()},
        facts.engine,
    )


def encoded(record: PhotoRecord) -> bytes:
    """In one line."""
    return msgspec.json.encode(record)


def written_beside(photo: PurePosixPath, facts: CutFacts, outbox: Path) -> Callable[[Path], bytes]:
    """What makes the JSON beside a cut-out, once that one's path is known. photo: within the inbox."""

    def file(output: Path) -> bytes:
        name = printable(str(output.relative_to(outbox)))
        record = record_of(Event("cut", printable(photo), output=name, at=time.time(), facts=facts))
        return msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"

    return file
