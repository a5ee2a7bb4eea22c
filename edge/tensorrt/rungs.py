"""Which rung of the ladder to begin at on this board: what worked before, or what nobody has died on twice."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from edge.files import write_atomic

# A build may take ten minutes, and people flip the switch: one end in the midst of a rung says little about it.
_MOST_ENDS = 2


@dataclass(frozen=True, slots=True)
class _Rung:
    number: int = 0
    begun: int = 0


class Rungs:
    """Kept in one small file. A file that cannot be read counts as none."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def first(self) -> int:
        """The rung to begin at; beyond the ladder's last when all of them failed."""
        kept = self._read()
        return kept.number + 1 if kept.begun >= _MOST_ENDS else kept.number

    def begin(self, number: int) -> None:
        """A build at this rung begins: should nothing more be heard of it, that was an end in its midst.

        Raises:
            OSError: it cannot be noted.
        """
        kept = self._read()
        begun = kept.begun + 1 if kept.number == number else 1
        self._write(_Rung(number, begun))

    def settle(self, number: int) -> None:
        """Begin there from now on: it worked, or it is the next after one that did not; or the build was called off.

        Raises:
            OSError: it cannot be noted.
        """
        self._write(_Rung(number))

    def _read(self) -> _Rung:
        try:
            return _Rung(**json.loads(self._path.read_bytes()))
        except (OSError, ValueError, TypeError):
            return _Rung()

    def _write(self, rung: _Rung) -> None:
        write_atomic(self._path, json.dumps(asdict(rung)).encode())
