"""What a check of the doctor's found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from edge.monitoring.target import Target

# problem: photos are not cut, or not delivered. warning: they are, but not as well as this machine could.
Level = Literal["ok", "warning", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """check: what was looked at, of the names in `edge.commands.doctor.checks`. todo: what to do, "" where nothing is."""

    check: str
    level: Level
    said: str
    todo: str = ""


Check = Callable[[Target], Iterator[Finding]]
