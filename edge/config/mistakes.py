"""What is wrong with a config file, a sentence for each mistake, with its line."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from edge.config.camera_source import EXPECTED as EXPECTED_SOURCE
from edge.config.keys import Advised, Key
from edge.config.schema import KEYS
from matting.errors import SettingsError

_LONGEST = 200  # of a value that is quoted


def read_section(tables: dict[str, Any], text: str, section: str, problems: list[str]) -> dict[str, Any]:
    """The values of one section; what is wrong with it joins `problems`."""
    table = tables.get(section, {})
    if not isinstance(table, dict):
        problems.append(f"line {line_of(text, None, section)}: {section} must be a section, written [{section}]")
        return {}
    return read_values(table, KEYS[section], lambda key: line_of(text, section, key), f"{section}.", problems)


def read_values(
    table: dict[str, Any],
    keys: dict[str, Key],
    line: Callable[[str], int],
    prefix: str,
    problems: list[str],
    most: float = math.inf,
) -> dict[str, Any]:
    """The values of one table; what is wrong with it joins `problems`, each key named with `prefix` before it.

    most: problems after which nothing more is looked at.
    """
    values = {}
    for key, value in table.items():
        if len(problems) >= most:
            break
        if key not in keys:
            problems.append(f"line {line(key)}: unknown key {prefix}{key}, expected one of {', '.join(keys)}")
            continue
        try:
            values[key] = keys[key].read(value)
        except (ValueError, SettingsError) as error:
            expected = str(error) if isinstance(error, Advised) else keys[key].expected
            problems.append(f"line {line(key)}: {prefix}{key} is {_shown(value)}, expected {expected}")
    return values


def stray(name: str, value: Any, text: str) -> str:
    """What is wrong with a name at the top level that is no section's: mostly a key whose [section] was forgotten."""
    header = line_of(text, name, None)
    if header or isinstance(value, dict):
        return f"line {header}: unknown section [{name}], expected one of {', '.join(KEYS)}"
    homes = [f"[{section}]" for section, keys in KEYS.items() if name in keys]
    advice = f"write it below {' or '.join(homes)}" if homes else f"no section has it, they are {', '.join(KEYS)}"
    return f"line {line_of(text, None, name)}: {name} stands above any [section], {advice}"


def camera_problems(values: dict[str, dict[str, Any]], line: Callable[[str, str], int]) -> list[str]:
    """What only several keys together can get wrong."""
    camera, live = values["camera"], values["live"]
    problems = []
    if (camera or live) and "source" not in camera:
        section = "camera" if camera else "live"
        problems.append(f"line {line(section, next(iter(values[section])))}: {section} needs camera.source, {EXPECTED_SOURCE}")
    if ("width" in camera) != ("height" in camera):
        given = "width" if "width" in camera else "height"
        problems.append(f"line {line('camera', given)}: camera.{given} alone is no size, give width and height")
    return problems


def line_of(text: str, section: str | None, key: str | None) -> int:
    """The line on which a key, or a section's header, stands: tomllib does not tell. 0 for unusual spellings."""
    current: str | None = None
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[+\s*\"?([^\]\"]+?)\"?\s*\]", line)
        if header:
            current = header.group(1)
            if key is None and current == section:
                return number
        elif key is not None and current == section and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]", line):
            return number
    return 0


def _shown(value: Any) -> str:
    try:
        text = repr(value)
        return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    except ValueError:
        return "a number of thousands of digits"
