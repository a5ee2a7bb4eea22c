"""A push button on a GPIO line, through libgpiod: only where one is configured is its Python package needed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from matting.errors import CameraError

_BOUNCE = timedelta(milliseconds=30)


class Button:
    """chip: such as /dev/gpiochip0; line: its number on that chip. A press pulls the line to ground.

    Raises (when made):
        CameraError: no gpiod package, no such chip or line, no permission, or somebody else has the line.
    """

    def __init__(self, chip: str, line: int) -> None:
        try:
            import gpiod
            from gpiod.line import Bias, Edge
        except ImportError as error:
            raise CameraError("camera.button needs the Python package gpiod: pip install 'edge-matting[button]'") from error
        settings = gpiod.LineSettings(edge_detection=Edge.FALLING, bias=Bias.PULL_UP, debounce_period=_BOUNCE)
        try:
            self._lines: Any = gpiod.request_lines(chip, consumer="edge-matting", config={line: settings})
        except (OSError, ValueError) as error:
            raise CameraError(f"the button on {chip} line {line} cannot be used: {error}") from error

    def fileno(self) -> int:
        """Readable when it was pressed."""
        return int(self._lines.fd)

    def pressed(self) -> bool:
        """Take up what was pressed since the last call."""
        return bool(self._lines.read_edge_events())

    def close(self) -> None:
        self._lines.release()
