"""A lock's pins for another machine than this one, conditions resolved: pip would read them for the machine that it runs on.

    python3 -m scripts.locks.for_target scripts/locks/runtime.txt 3.10 aarch64

scripts/bundle runs it with nothing installed but pip, hence pip's own copy of packaging.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from pip._vendor.packaging.requirements import Requirement


def pins(lock: str) -> Iterator[tuple[Requirement, str]]:
    """Each requirement of a lock's text, and its hashes as pip takes them."""
    for line in lock.replace("\\\n", "").splitlines():
        if line.strip() and not line.startswith("#"):
            requirement, *hashes = line.split(" --hash=")
            yield Requirement(requirement), "".join(f" --hash={each.strip()}" for each in hashes)


def for_target(lock: str, python: str, machine: str) -> Iterator[str]:
    """Lines of a requirements file: what holds on Linux with that Python ("3.10") and that machine ("aarch64")."""
    target = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "platform_machine": machine,
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    for requirement, hashes in pins(lock):
        if requirement.marker is None or requirement.marker.evaluate(target):
            yield f"{requirement.name}{requirement.specifier}{hashes}"


if __name__ == "__main__":
    path, python, machine = sys.argv[1:]
    print("\n".join(for_target(Path(path).read_text(), python, machine)))
