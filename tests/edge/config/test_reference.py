"""The installed configuration and the table of keys, against the schema that they are made from."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from edge.config.keys import Key
from edge.config.load import load_config
from edge.config.reference import EXAMPLE, README, example, main, readme
from edge.config.schema import KEYS, SECTIONS

AGAIN = "run: python -m edge.config.reference write"
ALL = [(section, name, key) for section, keys in KEYS.items() for name, key in keys.items()]
NAMES = [f"{section}.{name}" for section, name, _ in ALL]
WITH_DEFAULT = [each for each in ALL if each[2].default is not None]


def uncommented(text: str) -> str:
    return re.sub(r"^# (?=\w+ = )", "", text, flags=re.MULTILINE)


def test_the_installed_configuration_is_the_schemas() -> None:
    assert EXAMPLE.read_text(encoding="utf-8") == example(), AGAIN


def test_the_table_of_keys_is_the_schemas() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == readme(text), AGAIN


def test_a_readme_that_lost_its_markers_is_not_written_over() -> None:
    with pytest.raises(ValueError):
        readme("# Configuration\n")


@pytest.mark.parametrize("name", NAMES)
def test_the_installed_configuration_has_every_key_once(name: str) -> None:
    section, key = name.split(".")
    body = example().split(f"\n[{section}]\n")[1].split("\n[")[0]
    assert len(re.findall(rf"^(?:# )?{key} = ", body, re.MULTILINE)) == 1


def test_the_installed_configuration_is_right_with_every_key_turned_on(tmp_path: Path) -> None:
    path = tmp_path / "all.toml"
    path.write_text(uncommented(example()), encoding="utf-8")
    config = load_config(path)
    assert config.options.preset == "e-commerce" and config.http is not None and config.http.listen == ("127.0.0.1", 7000)
    assert config.camera is not None and config.camera.button == ("/dev/gpiochip0", 17)


@pytest.mark.parametrize(("section", "name", "key"), ALL, ids=NAMES)
def test_a_key_says_what_it_does_and_what_holds_without_it(section: str, name: str, key: Key) -> None:
    assert section in SECTIONS and key.help.endswith(".")
    assert (key.default is None) == bool(key.without) == (key.example is not None), name


@pytest.mark.parametrize(("section", "name", "key"), WITH_DEFAULT, ids=[f"{each[0]}.{each[1]}" for each in WITH_DEFAULT])
def test_the_default_that_is_told_is_what_holds_without_the_key(tmp_path: Path, section: str, name: str, key: Key) -> None:
    base = '[camera]\nsource = "test://"\n' if section != "http" else '[http]\nlisten = "127.0.0.1:7000"\n'
    value = f"{name} = {json.dumps(key.default)}\n"
    text = base + value if section in ("camera", "http") else f"{base}[{section}]\n{value}"
    with_key, without = tmp_path / "with.toml", tmp_path / "without.toml"
    with_key.write_text(text, encoding="utf-8")
    without.write_text(base, encoding="utf-8")
    assert load_config(with_key) == load_config(without)


def test_both_files_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["toml"]) == 0
    assert capsys.readouterr().out == example()
    assert main(["markdown"]) == 0
    assert "| `photo_timeout_seconds` |" in capsys.readouterr().out
