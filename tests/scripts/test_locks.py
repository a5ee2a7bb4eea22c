"""scripts/locks against pyproject.toml: red when a dependency was added or changed and scripts/lock not run."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.locks.for_target import for_target, pins

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
LOCKS = ROOT / "scripts" / "locks"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = PROJECT["project"]["optional-dependencies"]
RUNTIME = [*PROJECT["project"]["dependencies"], *EXTRAS["heif"], *EXTRAS["raw"]]
LOCKED = {
    "runtime": [*RUNTIME, *EXTRAS["button"]],
    "test": [*RUNTIME, *EXTRAS["test"], *PROJECT["build-system"]["requires"]],
    "pycuda": EXTRAS["jetson"],
    "build": PROJECT["build-system"]["requires"],
}
TARGETS = [(python, machine) for python in ("3.10", "3.11", "3.12", "3.13", "3.14") for machine in ("aarch64", "x86_64")]


def text(lock: str) -> str:
    return (LOCKS / f"{lock}.txt").read_text()


def missing(wanted: Sequence[str], lock: str, python: str, machine: str) -> list[str]:
    """Of what is wanted there: what the lock's text does not pin, or not at a version that fits."""
    lines = for_target(lock, python, machine)
    pinned = {canonicalize_name(each.name): each for each in (Requirement(line.split(" --hash")[0]) for line in lines)}
    target = {"python_version": python, "platform_machine": machine, "sys_platform": "linux"}
    lacking = []
    for each in map(Requirement, wanted):
        pin = pinned.get(canonicalize_name(each.name))
        fits = pin is not None and each.specifier.contains(str(pin.specifier).removeprefix("=="), prereleases=True)
        if (each.marker is None or each.marker.evaluate(target)) and not fits:
            lacking.append(str(each))
    return lacking


@pytest.mark.parametrize(("python", "machine"), TARGETS)
@pytest.mark.parametrize("lock", LOCKED)
def test_each_dependency_is_pinned(lock: str, python: str, machine: str) -> None:
    assert missing(LOCKED[lock], text(lock), python, machine) == [], "run scripts/lock"


def test_a_dependency_that_is_new_or_asks_for_more_is_seen() -> None:
    wanted = ["numpy>=1.26", "numpy>=99", "nowhere>=1", "nowhere; python_version < '3.10'"]
    assert missing(wanted, text("runtime"), "3.12", "aarch64") == ["numpy>=99", "nowhere>=1"]


@pytest.mark.parametrize("lock", LOCKED)
def test_each_pin_is_one_version_with_hashes_and_names_no_index(lock: str) -> None:
    for requirement, hashes in pins(text(lock)):
        assert re.fullmatch(r"==[\w.+]+", str(requirement.specifier))
        assert re.fullmatch(r"( --hash=sha256:[0-9a-f]{64})+", hashes)
    assert "://" not in text(lock) and "--index-url" not in text(lock)


@pytest.mark.parametrize(("python", "machine"), TARGETS)
def test_the_locks_agree(python: str, machine: str) -> None:
    """What one has pinned the others do not turn back, in one .venv or one bundle."""
    seen: dict[str, str] = {}
    for lock in LOCKED:
        for line in for_target(text(lock), python, machine):
            assert seen.setdefault(line.split("==")[0], line) == line
