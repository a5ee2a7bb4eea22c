"""What the service is told, as values. A setting's default stands here, or in the dataclass that it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from edge.config.camera import CameraOptions
from edge.config.hooks import NO_HOOKS, HooksOptions
from edge.config.http import HttpOptions
from edge.config.options import Options
from edge.config.retention import KEEP_ALL, Retention
from edge.config.sizes import DEFAULT_RESERVE, Room

Original = Literal["move", "keep", "delete"]
Precision = Literal["fp16", "int8", "fp32"]
STATUS_FILE = "status.json"  # in the state folder, unless another file is named


@dataclass(frozen=True, slots=True)
class HotFolders:
    """Where photos come from and go to. state: the service's own memory; backgrounds: pictures that profiles may name."""

    inbox: Path
    outbox: Path
    done: Path
    failed: Path
    no_person: Path
    backgrounds: Path
    state: Path
    original: Original = "move"
    settle_seconds: float = 1.0
    rescan_seconds: float = 2.0

    @property
    def roots(self) -> list[Path]:
        """All folders that the service makes, and needs."""
        return [self.inbox, self.outbox, self.done, self.failed, self.no_person, self.state]


@dataclass(frozen=True, slots=True)
class Config:
    """All that the daemon is told. precision: of the engine that the board builds. status: the status file.
    hot_folder: whether the folders are watched. textfile: where metrics are written. reserve: below it, no photo is taken in.
    more: the sections of plug-ins, as they stand."""

    folders: HotFolders
    options: Options
    status: Path
    engine: str = "auto"
    precision: Precision = "fp16"
    model: Path | None = None
    photo_timeout: float = 60.0
    log_level: str = "info"
    camera: CameraOptions | None = None
    textfile: Path | None = None
    http: HttpOptions | None = None
    hooks: HooksOptions = NO_HOOKS
    hot_folder: bool = True
    reserve: Room = DEFAULT_RESERVE
    retention: Retention = KEEP_ALL
    more: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def roots(self) -> list[Path]:
        """All folders that the service makes, and needs."""
        return self.folders.roots if self.hot_folder else [self.folders.state]


def default_of(dataclass: type, name: str) -> Any:
    """The default of a dataclass's field.

    Raises:
        StopIteration: it has no field of that name.
    """
    return next(each.default for each in fields(dataclass) if each.name == name)
