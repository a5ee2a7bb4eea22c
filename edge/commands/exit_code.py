"""One exit code for several photos."""

from __future__ import annotations

from collections.abc import Iterable

from matting.errors import MattingError, PhotoError


def exit_code(failures: Iterable[MattingError]) -> int:
    """0 for none, the class's code when all failed alike, else that of photo errors in general."""
    codes = {failure.exit_code for failure in failures}
    if not codes:
        return 0
    return codes.pop() if len(codes) == 1 else PhotoError.exit_code
