"""What the camera's process is told when it starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.config.camera import CameraOptions


@dataclass(frozen=True, slots=True)
class StartMessage:
    """inbox: where pictures go; state: where the control socket lies; engine, model: for live video and for seeing people."""

    options: CameraOptions
    inbox: Path
    state: Path
    engine: str
    model: Path
    log_level: str

    def to_message(self) -> dict[str, Any]:
        return {
            "options": self.options.to_message(),
            "inbox": str(self.inbox),
            "state": str(self.state),
            "engine": self.engine,
            "model": str(self.model),
            "log_level": self.log_level,
        }

    @classmethod
    def from_message(cls, table: dict[str, Any]) -> StartMessage:
        """The inverse of `to_message`."""
        return cls(
            CameraOptions.from_message(table["options"]),
            Path(table["inbox"]),
            Path(table["state"]),
            table["engine"],
            Path(table["model"]),
            table["log_level"],
        )
