"""The rules that there are, a line each."""

from __future__ import annotations

from matting.id_photo.specification import Range, Specification, specifications


def listing() -> str:
    """Name, document, size, head, and where the rule is from."""
    rows = [("NAME", "COUNTRY, DOCUMENT", "MM", "HEAD MM", "KB", "SOURCE"), *map(_row, specifications().values())]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = ["  ".join([*(row[column].ljust(widths[column]) for column in range(5)), row[5]]) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def _row(rule: Specification) -> tuple[str, str, str, str, str, str]:
    size = f"{rule.width:g} x {rule.height:g}"
    title = f"{rule.country}, {rule.document}"
    return rule.name, title, size, _range(rule.head), _range(rule.kb), f"{rule.source} ({rule.date})"


def _range(wanted: Range | None) -> str:
    return "" if wanted is None else f"{wanted.low:g} to {wanted.high:g}"
