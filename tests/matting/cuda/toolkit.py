"""nvcc for tests: the machine's, or that of the wheel nvidia-cuda-nvcc."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from matting.cuda.compiler import command


@dataclass(frozen=True, slots=True)
class Usage:
    """What ptxas gave a kernel. registers: of a thread; stack and spills: bytes of local memory of a thread."""

    registers: int
    stack: int
    spills: int


def nvcc() -> Path | None:
    """None where there is none."""
    found = shutil.which("nvcc")
    if found is not None:
        return Path(found)
    nvidia = importlib.util.find_spec("nvidia")
    folders = nvidia.submodule_search_locations if nvidia is not None else None
    for folder in folders or []:
        for path in Path(folder).glob("cu*/bin/nvcc"):
            return path
    return None


def usage(arch: str, folder: Path) -> dict[str, Usage]:
    """Of each kernel, compiled as the product compiles it."""
    compiler = nvcc()
    assert compiler is not None
    told = subprocess.run(command(compiler, arch, folder / "kernels.cubin"), check=True, capture_output=True, text=True)
    pattern = (
        r"Compiling entry function '(\w+)'.*?(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads"
        r".*?Used (\d+) registers"
    )
    found = re.findall(pattern, told.stdout + told.stderr, re.DOTALL)
    return {name: Usage(int(registers), int(stack), int(out) + int(back)) for name, stack, out, back, registers in found}


def first_on_path(compiler: Path) -> str:
    """A PATH that begins with the compiler's folder."""
    return f"{compiler.parent}{os.pathsep}{os.environ.get('PATH', '')}"
