"""What was measured on an ID photo, rule by rule, in words and as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule. measured, wanted: for people, with their units. required: without it the photo is not to the rule; else it is
    advice, which a look at the picture may overrule."""

    rule: str
    measured: str
    wanted: str
    passed: bool
    required: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """specification: its name. warnings: sentences about what no measuring tells."""

    specification: str
    title: str
    source: str
    findings: tuple[Finding, ...]
    warnings: tuple[str, ...] = field(default=())

    @property
    def passed(self) -> bool:
        """Whether every rule holds; advice aside."""
        return all(each.passed for each in self.findings if each.required)

    def words(self) -> str:
        """A line for each rule, and one for each warning."""
        lines = [f"{self.specification}: {self.title}", f"after {self.source}"]
        for each in self.findings:
            verdict = "pass" if each.passed else "FAIL" if each.required else "look"
            lines.append(f"  {verdict}  {each.rule}: {each.measured} (wanted: {each.wanted})")
        lines += [f"  note: {warning}" for warning in self.warnings]
        return "\n".join(lines) + "\n"

    def as_dict(self) -> dict[str, Any]:
        """For `json.dumps`."""
        return {**asdict(self), "passed": self.passed}

    def as_json(self) -> str:
        return json.dumps(self.as_dict(), indent=2, ensure_ascii=False) + "\n"
