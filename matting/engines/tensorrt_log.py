"""What TensorRT says of its errors, kept so that it can be told in one sentence."""

from __future__ import annotations

import tensorrt as trt

_MOST_ERRORS = 3


class Words(trt.ILogger):  # type: ignore[misc]  # of no known type where TensorRT is not installed
    """A logger that keeps the first errors since `clear`: the first is the cause, the rest follow from it."""

    def __init__(self) -> None:
        super().__init__()
        self._errors: list[str] = []

    def log(self, severity: trt.ILogger.Severity, message: str) -> None:
        """Called by TensorRT, from any thread."""
        if severity in (trt.ILogger.Severity.ERROR, trt.ILogger.Severity.INTERNAL_ERROR) and len(self._errors) < _MOST_ERRORS:
            self._errors.append(" ".join(message.split()))

    def told(self) -> str:
        """The errors, or that there was no word of one."""
        return "; ".join(self._errors) or "it gave no reason"
