"""Findings for people, and for programs."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version

from edge.monitoring.finding import Finding

_COLOURS = {"ok": "32", "warning": "33", "problem": "1;31"}
_INDENT = 20


def line(finding: Finding, *, width: int | None, colour: bool) -> str:
    """One finding, aligned with the others, what is to be done below it. width: of the terminal, None to wrap nothing."""
    mark = f"{finding.level:<8}"
    if colour:
        mark = f"\033[{_COLOURS[finding.level]}m{mark}\033[0m"
    parts = [finding.said] + ([f"-> {finding.todo}"] if finding.todo else [])
    lines = [piece for part in parts for piece in _wrapped(part, width)]
    return f"{mark} {finding.check:<10} " + ("\n" + " " * _INDENT).join(lines)


def summary(found: Sequence[Finding]) -> str:
    """The last line."""
    problems, warnings = (sum(each.level == level for each in found) for level in ("problem", "warning"))
    if problems:
        return f"{problems} of these keep{'s' * (problems == 1)} photos from being cut."
    return f"Photos can be cut; {warnings} of these could be better." if warnings else "All is well."


def as_json(found: Sequence[Finding]) -> str:
    """{"version": ..., "cuts": whether photos can be cut, "findings": [{"check", "level", "said", "todo"}]}"""
    table = {
        "version": version("edge-matting"),
        "cuts": all(each.level != "problem" for each in found),
        "findings": [asdict(each) for each in found],
    }
    return json.dumps(table, indent=1, ensure_ascii=False)


def _wrapped(text: str, width: int | None) -> list[str]:
    if width is None:
        return [text]
    return textwrap.wrap(text, max(width - _INDENT, 30), break_long_words=False, break_on_hyphens=False) or [""]
