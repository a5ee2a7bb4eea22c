"""Which of the plans to begin with on this board: what worked before, or what no build has died of twice."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from edge.fs.files import write_atomic

# A build may take ten minutes, and people flip the switch: one end in the midst of an attempt says little about its plan.
_MOST_ENDS = 2


@dataclass(frozen=True, slots=True)
class _Attempt:
    number: int = 0
    begun: int = 0


class BuildAttempts:
    """Kept in one small file. A file that cannot be read counts as none."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def first(self) -> int:
        """The number of the plan to begin with; beyond the last when all of them failed."""
        kept = self._read()
        return kept.number + 1 if kept.begun >= _MOST_ENDS else kept.number

    def begin(self, number: int) -> None:
        """A build by this plan begins: should nothing more be heard of it, that was an end in its midst.

        Raises:
            OSError: it cannot be noted.
        """
        kept = self._read()
        begun = kept.begun + 1 if kept.number == number else 1
        self._write(_Attempt(number, begun))

    def settle(self, number: int) -> None:
        """Begin there from now on: it worked, or it is the next after one that did not; or the build was called off.

        Raises:
            OSError: it cannot be noted.
        """
        self._write(_Attempt(number))

    def _read(self) -> _Attempt:
        try:
            return _Attempt(**json.loads(self._path.read_bytes()))
        except (OSError, ValueError, TypeError):
            return _Attempt()

    def _write(self, attempt: _Attempt) -> None:
        write_atomic(self._path, json.dumps(asdict(attempt)).encode())
