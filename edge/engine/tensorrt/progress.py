"""How far a build is, from the nested phases that TensorRT's progress monitor reports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class _Phase:
    name: str
    steps: int
    done: int = 0


class Progress:
    """Phases lie within each other; each step of a phase is an equal share of it, and a phase within it is a part of the
    step that its parent is at. `fraction` is in 0..1 and never falls."""

    def __init__(self) -> None:
        self._open: list[_Phase] = []
        self.fraction = 0.0

    def start(self, name: str, steps: int) -> None:
        """A phase of `steps` steps begins within the one that began last."""
        self._open.append(_Phase(name, max(steps, 1)))

    def step(self, name: str, index: int) -> None:
        """Step `index` (from 0) of the phase is done."""
        for phase in self._open:
            if phase.name == name:
                phase.done = index + 1
        self._measure()

    def finish(self, name: str) -> None:
        """The phase is over, and with it whatever had begun within it."""
        for index, phase in enumerate(self._open):
            if phase.name == name:
                del self._open[index:]
                break
        if not self._open:
            self.fraction = 1.0

    @property
    def phase(self) -> str:
        """The innermost phase's name, "" between phases."""
        return self._open[-1].name if self._open else ""

    def _measure(self) -> None:
        total, share = 0.0, 1.0
        for phase in self._open:
            total += share * min(phase.done, phase.steps) / phase.steps
            share /= phase.steps
        self.fraction = max(self.fraction, min(total, 1.0))
