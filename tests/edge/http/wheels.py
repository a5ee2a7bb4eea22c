"""Clients of other people's, out of their packages; what else those of PyPI need is not installed."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest


def unpacked(package: str, folder: Path) -> Path:
    """A package's files, as its wheel or its source has them. package: with its version.

    The test is skipped where it cannot be had.
    """
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run([*command, "--dest", str(folder), package], capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines()
        pytest.skip(f"{package} cannot be had: {said[-1] if said else 'no reason'}")
    for wheel in folder.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
        return folder
    (sources,) = folder.glob("*.tar.gz")
    with tarfile.open(sources) as archive_:
        archive_.extractall(folder, filter="data")
    return folder / sources.name.removesuffix(".tar.gz")


def npm_package(package: str, folder: Path) -> Path:
    """The node_modules with a package of npm and what it needs. The test is skipped where it cannot be had."""
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), package]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    except (OSError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"{package} cannot be had: {error}")
    if done.returncode:
        pytest.skip(f"{package} cannot be had: {done.stderr.strip()[-200:]}")
    return folder / "node_modules"
