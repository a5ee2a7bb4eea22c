"""The line that each photo leaves in the log: text for people, fields for the journal (edge/monitoring/journald.py)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import PurePosixPath

from edge.fs.names import printable
from matting.errors import MattingError, Place

log = logging.getLogger(__name__)


def log_cut(photo: PurePosixPath, output: str, stage_ms: Mapping[str, float]) -> None:
    """output: where it lies within the outbox. stage_ms: milliseconds of each stage."""
    name, total = printable(photo), sum(stage_ms.values())
    stages = ", ".join(f"{stage} {ms:.0f}" for stage, ms in stage_ms.items())
    fields = {f"MS_{stage}": f"{ms:.1f}" for stage, ms in stage_ms.items()}
    extra = {"fields": {"PHOTO": name, "OUTCOME": "cut", "MS": f"{total:.1f}", **fields}}
    log.info("cut %s -> %s in %.0f ms (%s)", name, printable(output), total, stages, extra=extra)


def log_refused(photo: PurePosixPath, error: MattingError) -> None:
    """It went to the error's place."""
    outcome = "no-person" if error.place is Place.NO_PERSON else "failed"
    extra = {"fields": {"PHOTO": printable(photo), "OUTCOME": outcome, "ERROR": type(error).__name__}}
    log.warning("not cut: %s: %s", printable(photo), error, extra=extra)


def log_again(photo: PurePosixPath, stage: str, error: MattingError) -> None:
    """It will be tried again. stage: at which the last try ended."""
    extra = {"fields": {"PHOTO": printable(photo), "OUTCOME": "retry", "STAGE": stage, "ERROR": type(error).__name__}}
    log.warning("%s will be tried again: %s", printable(photo), error, extra=extra)
