"""The JSON beside a refused photo, that says why."""

from __future__ import annotations

import json
import time
from pathlib import PurePosixPath

from matting.errors import MattingError

_LONGEST = 2000


def reason_json(path: PurePosixPath, error: MattingError, attempts: int, *, stays: bool) -> bytes:
    """path: of the photo within the inbox. stays: it could not be moved, and stays in the inbox."""
    table = {
        "file": str(path),
        "error": type(error).__name__,
        "reason": str(error)[:_LONGEST],
        "attempts": attempts,
        "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "original": "stays in the inbox" if stays else "beside this file",
    }
    return (json.dumps(table, indent=2) + "\n").encode()
