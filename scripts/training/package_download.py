"""One package of npm or PyPI, downloaded as the file that its registry serves."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path


def command(registry: str, package: str, version: str, folder: Path, source: bool) -> list[str]:
    """What downloads a package into a folder. source: PyPI's source distribution instead of its wheel."""
    if registry == "npm":
        if not (npm := shutil.which("npm")):
            sys.exit("npm is not installed")
        return [npm, "pack", "--loglevel=error", f"--pack-destination={folder}", f"{package}@{version}"]
    if registry == "pypi":
        if importlib.util.find_spec("pip") is None:
            sys.exit(f"pip is not installed for {sys.executable}")
        # one and the same wheel on every machine
        wheel = ["--only-binary=:all:", "--python-version=3.11", "--platform=manylinux2014_x86_64"]
        form = [f"--no-binary={package}"] if source else wheel
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", f"--dest={folder}"]
        return [*download, *form, f"{package}=={version}"]
    sys.exit(f"{package}: unknown registry {registry}")


def download(registry: str, package: str, version: str, folder: Path, source: bool = False) -> Path:
    """Its archive, alone in an empty folder; or the end of the script, with the client's own words."""
    done = subprocess.run(command(registry, package, version, folder, source), capture_output=True, text=True)
    archives = list(folder.iterdir())
    if done.returncode != 0 or len(archives) != 1:
        sys.exit(f"{package} {version} could not be downloaded:\n{done.stderr.strip()}")
    return archives[0]
