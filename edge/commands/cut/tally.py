"""What became of the photos of a run, in a sentence. It does no I/O."""

from __future__ import annotations

from dataclasses import dataclass, field

from matting.errors import MattingError, NoPersonFound


@dataclass(slots=True)
class Tally:
    """total: photos of the run. failures: of those that could not be cut, nobody found included."""

    total: int
    cut: int = 0
    failures: list[MattingError] = field(default_factory=list)

    @property
    def done(self) -> int:
        return self.cut + len(self.failures)

    @property
    def place(self) -> str:
        """Of the photo that was finished last, such as "3/12"; "" where there is only one."""
        return f"{self.done}/{self.total}" if self.total > 1 else ""

    def summary(self, out: str, *, left_out: bool, cancelled: bool) -> str:
        """One line for people. out: the folder of the cut-outs. left_out: photos that lay there already were not cut."""
        aside = f"; what lay in {out} already was left out" if left_out else ""
        where = f"; in {out}" if self.cut else ""
        if cancelled:
            rest = self._counted(("not begun", self.total - self.done))
            return f"cancelled: {self.cut} of {self.total} cut{rest}{where}{aside}"
        return f"{self.total} photo{'s' * (self.total != 1)}: {self.cut} cut{self._counted()}{where}{aside}"

    def _counted(self, *more: tuple[str, int]) -> str:
        nobody = sum(isinstance(failure, NoPersonFound) for failure in self.failures)
        counts = (("failed", len(self.failures) - nobody), ("without a person", nobody), *more)
        return "".join(f", {count} {what}" for what, count in counts if count)
