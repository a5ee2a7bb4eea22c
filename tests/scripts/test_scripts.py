"""scripts/README.md and the scripts: each is listed, says how it is run, and is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Not for people to run: other scripts start them.
STARTED = {
    "scripts.prove.arm64_alpha",
    "scripts.training.render_people.in_blender",
    "scripts.demo_photos",
    "scripts.locks.for_target",
}


def module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__main__")


ENTRIES = {
    module(path): path
    for path in [
        path
        for where in ("scripts/**", "tests/faults", "tests/attacks", "tests/fuzz")
        for path in sorted(ROOT.glob(f"{where}/*.py"))
    ]
    if 'if __name__ == "__main__":' in path.read_text() and path.name not in ("dying.py", "fuzzer.py")
}
TEXTS = [path for path in sorted(ROOT.glob("**/*.md")) if not path.relative_to(ROOT).parts[0].startswith(".")]
README = (ROOT / "scripts" / "README.md").read_text()


@pytest.mark.parametrize("name", ENTRIES)
def test_a_module_says_how_it_is_run(name: str) -> None:
    said = ast.get_docstring(ast.parse(ENTRIES[name].read_text())) or ""
    assert f"python3 -m {name}" in said or f"python -m {name}" in said


@pytest.mark.parametrize("name", sorted(ENTRIES.keys() - STARTED))
def test_the_index_lists_it(name: str) -> None:
    assert re.search(rf"python3? -m {re.escape(name)}`", README)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_text_names_is_there(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = re.findall(r"python3? -m\s+((?:scripts|tests)[.\w]*\w)", text)
    assert set(named) <= ENTRIES.keys()
    for file in re.findall(r"(?<![\w.-])scripts/[\w./-]*\w", text):
        assert (ROOT / file).exists(), file


def test_nothing_edits_the_path_of_modules() -> None:
    assert [str(path) for path in ROOT.glob("scripts/**/*.py") if "sys.path" in path.read_text()] == []
