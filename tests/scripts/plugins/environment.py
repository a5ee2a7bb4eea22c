"""Virtual environments with other people's programs, made once and kept beside pytest's own folders."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_DONE = "complete"


def environment(factory: pytest.TempPathFactory, *packages: str, arguments: tuple[str, ...] = ()) -> Path:
    """The Python of an environment that has these packages. The test is skipped where they cannot be had."""
    folder = factory.getbasetemp().parent / "-".join(("environment", *packages)).replace("/", "_")
    if not (folder / _DONE).exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        command = [str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", *arguments, *packages]
        installed = subprocess.run(command, capture_output=True, text=True, check=False)
        if installed.returncode:
            said = installed.stderr.strip().splitlines()
            pytest.skip(f"{', '.join(packages)} cannot be installed: {said[-1] if said else 'no reason'}")
        (folder / _DONE).touch()
    return folder / "bin" / "python"
