"""Compiles matting/native/pixels.c when this project is built or installed: a hook of hatchling.

With the machine's C compiler (cc, or what CC says) where there is one; else, and where EDGE_MATTING_ARCH asks for a board's
(aarch64 or x86_64), with the one that the package ziglang carries. What is compiled asks nothing of Python and little of the C
library, so that one file serves every version of both.
"""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE, OUTPUT = Path("matting/native/pixels.c"), Path("matting/native/pixels.so")
ARCHITECTURES = ("x86_64", "aarch64")
GLIBC = "2.17"  # the oldest that the wheels of our dependencies ask for
FLAGS = ["-O3", "-std=c99", "-shared", "-fPIC", "-ffp-contract=off", "-fno-math-errno", "-Wall", "-Wextra", "-s"]


def chosen() -> tuple[str, list[str]]:
    """The architecture, and the command that compiles for it."""
    words = shlex.split(os.environ.get("CC", "cc"))
    if "EDGE_MATTING_ARCH" not in os.environ and shutil.which(words[0]):
        return platform.machine(), words
    arch = os.environ.get("EDGE_MATTING_ARCH", platform.machine())
    return arch, [sys.executable, "-m", "ziglang", "cc", "-target", f"{arch}-linux-gnu.{GLIBC}"]


class CompileNative(BuildHookInterface):  # type: ignore[type-arg]
    """See the module."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What has to be there for it."""
        arch, command = chosen()
        return ["ziglang>=0.13"] if arch in ARCHITECTURES and "ziglang" in command else []

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """What was compiled for a wheel is in it."""
        for path in build_data["force_include"]:
            if Path(path).name == OUTPUT.name:
                shutil.rmtree(Path(path).parent)

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and make it part of the wheel; on an architecture that nobody has tried NumPy does the work."""
        arch, command = chosen()
        if arch not in ARCHITECTURES:
            return
        if "ziglang" in command and "EDGE_MATTING_ARCH" not in os.environ and find_spec("ziglang") is None:
            print("matting/native is not compiled: there is no C compiler, and pip was told to fetch none", file=sys.stderr)
            return
        target = Path(self.root) / OUTPUT
        if version == "standard":  # into the wheel alone: a checkout that makes one for a board goes on with its own
            target = Path(tempfile.mkdtemp()) / OUTPUT.name
            build_data["force_include"][str(target)] = str(OUTPUT)
        subprocess.run([*command, *FLAGS, "-o", target, SOURCE, "-lm"], cwd=self.root, check=True)
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-manylinux_{GLIBC.replace('.', '_')}_{arch}"
