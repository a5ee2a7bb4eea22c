"""What schema.py knows of the keys, as files for people: the configuration that is installed, and tables for README.md.

`python -m edge.config.reference toml` prints the one, `markdown` the other; `write` puts both into the checkout.
"""

from __future__ import annotations

import argparse
import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edge.config.keys import Key
from edge.config.schema import KEYS, SECTIONS

ROOT = Path(__file__).parents[2]
EXAMPLE, README = ROOT / "systemd" / "edge-matting.toml", Path(__file__).parent / "README.md"
BEGIN, END = "<!-- begin: python -m edge.config.reference markdown -->", "<!-- end -->"
_HEAD = """\
# The configuration of edge-matting: yours, never overwritten. After a change: systemctl restart edge-matting
# Every key is here. A line such as "# key = value" is off: remove the "# " to turn it on. Everything may be left out.
# Folders elsewhere must be opened to the service: systemctl edit edge-matting, [Service], ReadWritePaths=/my/folder
"""
# What the installed configuration sets: the folders that systemd/tmpfiles.conf makes.
_INSTALLED = {
    "hotfolder": {
        "inbox": "/srv/edge-matting/inbox",
        "outbox": "/srv/edge-matting/outbox",
        "done": "/srv/edge-matting/done",
        "failed": "/srv/edge-matting/failed",
        "no_person": "/srv/edge-matting/no-person",
        "backgrounds": "/srv/edge-matting/backgrounds",
        "state": "/var/lib/edge-matting",
    }
}


def example() -> str:
    """The configuration that scripts/install puts in place: all keys, those that it does not set as comments."""
    sections = [_HEAD, *("\n".join(_section_lines(section)) + "\n" for section in KEYS)]
    return "\n".join(sections)


def tables() -> str:
    """All keys in Markdown, a table for each section."""
    return "\n".join("\n".join(_table(section)) + "\n" for section in KEYS)


def readme(text: str) -> str:
    """The README `text` with today's tables between its two markers.

    Raises:
        ValueError: it has not both markers.
    """
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n\n{tables()}\n{END}{after}"


def _section_lines(section: str) -> Iterator[str]:
    yield from _comment(SECTIONS[section])
    yield f"[{section}]"
    for name, key in KEYS[section].items():
        without = f" Without it: {key.without}." if key.without else ""
        yield from _comment(key.help + without)
        given = _INSTALLED.get(section, {}).get(name)
        suggested = key.example if key.default is None else key.default
        yield f"# {name} = {_toml(suggested)}" if given is None else f"{name} = {_toml(given)}"


def _table(section: str) -> Iterator[str]:
    yield f"### `[{section}]`\n\n{SECTIONS[section]}\n"
    yield "| Key | What it does | Takes | Without it |"
    yield "|---|---|---|---|"
    for name, key in KEYS[section].items():
        yield f"| `{name}` | {key.help} | {_takes(key)} | {key.without or f'`{_toml(key.default)}`'} |"


def _takes(key: Key) -> str:
    return key.expected.replace("|", "\\|")


def _comment(words: str) -> list[str]:
    return textwrap.wrap(words.replace("`", ""), 110, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        value = list(value)
    return json.dumps(value, ensure_ascii=False)  # of text, numbers, true, false and lists TOML has the same idea


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m edge.config.reference", description=__doc__)
    parser.add_argument("what", choices=("toml", "markdown", "write"))
    what = parser.parse_args(argv).what
    if what == "write":
        EXAMPLE.write_text(example(), encoding="utf-8")
        README.write_text(readme(README.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        print(example() if what == "toml" else tables(), end="")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
