"""How long finished photos are kept: what an operator can ask for."""

from __future__ import annotations

from dataclasses import dataclass

from edge.config.sizes import Room


@dataclass(frozen=True, slots=True)
class Retention:
    """Days after which files are removed, None for never. keep_free: room that is made, oldest files first."""

    done_days: float | None = None
    failed_days: float | None = None
    no_person_days: float | None = None
    outbox_days: float | None = None
    keep_free: Room | None = None


KEEP_ALL = Retention()
