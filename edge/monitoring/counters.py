"""What became of the photos since the service started."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field

from edge.monitoring.status import MOST_PHOTOS, LastPhoto, StageTotal


@dataclass(slots=True)
class Counters:
    """Counts, the time that each stage took, and the last photos, newest first."""

    cut: int = 0
    failed: int = 0
    no_person: int = 0
    removed: int = 0
    removed_bytes: int = 0
    last: deque[LastPhoto] = field(default_factory=lambda: deque(maxlen=MOST_PHOTOS))
    stages: dict[str, StageTotal] = field(default_factory=dict)
    hooks_failed: dict[str, int] = field(default_factory=dict)

    def note_cut(self, name: str, stage_ms: dict[str, float]) -> None:
        self.cut += 1
        for stage, ms in stage_ms.items():
            before = self.stages.get(stage, StageTotal(0, 0.0))
            self.stages[stage] = StageTotal(before.count + 1, before.seconds + ms / 1000)
        self._note(name, "cut", "", stage_ms)

    def note_failed(self, name: str, reason: str) -> None:
        self.failed += 1
        self._note(name, "failed", reason, {})

    def note_no_person(self, name: str, reason: str) -> None:
        self.no_person += 1
        self._note(name, "no-person", reason, {})

    def note_removed(self, files: int, size: int) -> None:
        """Finished photos that the retention took away."""
        self.removed += files
        self.removed_bytes += size

    def note_hook_failed(self, hook: str) -> None:
        """A photo that a hook was not told of in the end. From that hook's thread."""
        self.hooks_failed[hook] += 1

    def _note(self, name: str, outcome: str, reason: str, stage_ms: dict[str, float]) -> None:
        self.last.appendleft(LastPhoto(name, outcome, reason, stage_ms, time.time()))
