"""The READMEs against what is there: their links, their commands, their exit codes, and the length of the first one."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from matting.errors import MattingError

ROOT = Path(__file__).parent.parent
READMES = [path for path in sorted(ROOT.glob("**/README.md")) if path.relative_to(ROOT).parts[0][0] != "."]
COMMANDS_README = ROOT / "edge" / "commands" / "README.md"
MOST_LINES = 150

each_readme = pytest.mark.parametrize("readme", READMES, ids=lambda path: str(path.relative_to(ROOT)))


def links(text: str) -> list[str]:
    """Targets of the links and pictures that lie in this repository."""
    return [target for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]


def anchors(text: str) -> set[str]:
    """The names of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def code(text: str) -> list[str]:
    """All that is set as code: fenced and indented blocks, and spans."""
    blocks = re.findall(r"^```.*?^```", text, re.MULTILINE | re.DOTALL) + re.findall(r"^ {4,}.+$", text, re.MULTILINE)
    return [*blocks, *re.findall(r"`([^`\n]+)`", text)]


def commands_named(text: str) -> set[str]:
    found = (re.findall(r"(?:^|[\s/])edge-matting ([a-z][a-z-]*)", each) for each in code(text))
    return {command for commands in found for command in commands}


def commands_there() -> set[str]:
    command = [sys.executable, "-m", "edge.cli", "--help"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    return set(re.findall(r"^ {4}([a-z-]+) ", listed, re.MULTILINE))


@each_readme
def test_every_link_leads_somewhere(readme: Path) -> None:
    for target in links(readme.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        page = readme.parent / path if path else readme
        assert page.exists(), target
        if anchor:
            assert anchor in anchors(page.read_text(encoding="utf-8")), target


@each_readme
def test_every_command_that_is_named_exists(readme: Path) -> None:
    assert commands_named(readme.read_text(encoding="utf-8")) <= commands_there()


def test_every_command_is_described() -> None:
    assert commands_named(COMMANDS_README.read_text(encoding="utf-8")) == commands_there()


def test_every_exit_code_is_described() -> None:
    classes = [MattingError]
    for each in classes:
        classes += each.__subclasses__()
    cells = re.findall(r"^\| ([\d, ]+) \|", COMMANDS_README.read_text(encoding="utf-8"), re.MULTILINE)
    assert {each.exit_code for each in classes} <= {int(number) for cell in cells for number in cell.split(", ")}


@each_readme
def test_every_module_that_is_to_be_run_exists(readme: Path) -> None:
    for name in re.findall(r"python -m ((?:scripts|tests|edge)\.[\w.]+)", readme.read_text(encoding="utf-8")):
        path = ROOT.joinpath(*name.split("."))
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), name


def test_the_first_readme_is_read_in_one_go() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= MOST_LINES
