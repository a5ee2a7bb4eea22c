"""Builds the stand-in for NVIDIA's driver: `libcuda.so.1` of fake_cuda.cpp, and all else that pycuda asks of a driver."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

from matting.cuda.compiler import SOURCES

NEEDED = ("g++", "nm")


def missing() -> str | None:
    """What the stand-in cannot be built or used for want of."""
    if importlib.util.find_spec("pycuda") is None:
        return "needs pycuda, which is compiled on the machine that uses it (matting/cuda/README.md)"
    without = [tool for tool in NEEDED if shutil.which(tool) is None]
    return f"needs {' and '.join(without)}" if without else None


def build(folder: Path) -> Path:
    """Compile it into `folder`; the path of libcuda.so.1."""
    rest, library = folder / "rest.cpp", folder / "libcuda.so.1"
    stubs = [f'extern "C" __attribute__((weak)) int {name}() {{ return 801; }}\n' for name in _asked_for()]  # not supported
    rest.write_text("".join(stubs))
    flags = ["-std=c++17", "-O2", "-ffp-contract=off", "-shared", "-fPIC", f"-I{SOURCES}", f"-Wl,-soname,{library.name}"]
    sources = [str(Path(__file__).with_name("fake_cuda.cpp")), str(rest)]
    subprocess.run(["g++", *flags, *sources, "-o", str(library)], check=True)
    return library


def environment(library: Path, fault: str = "") -> dict[str, str]:
    """This process's, with the stand-in as the driver. fault: see fake_cuda.cpp."""
    return {**os.environ, "LD_LIBRARY_PATH": str(library.parent), "LD_PRELOAD": str(library), "FAKE_CUDA": fault}


def _asked_for() -> list[str]:
    spec = importlib.util.find_spec("pycuda")
    assert spec is not None and spec.origin is not None
    (module,) = Path(spec.origin).parent.glob("_driver*.so")
    told = subprocess.run(["nm", "-D", "--undefined-only", str(module)], check=True, capture_output=True, text=True).stdout
    return re.findall(r" U (cu[A-Z]\w*)$", told, re.MULTILINE)
