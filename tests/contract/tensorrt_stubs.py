"""Type stubs of one TensorRT release: `python -m tests.contract.tensorrt_stubs WHEEL FOLDER` makes FOLDER/tensorrt.

NVIDIA's bindings wheels hold the Python API without the libraries behind it. Libraries of the missing names, whose entry
points do nothing, let them be imported; nothing of TensorRT runs.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path


def make_stubs(wheel: Path, folder: Path) -> None:
    """Unpack the wheel below `folder`, import it and write down its API."""
    unpacked, libraries = folder / "wheel", folder / "libraries"
    zipfile.ZipFile(wheel).extractall(unpacked)
    libraries.mkdir(parents=True)
    bindings = unpacked / "tensorrt_bindings" / "tensorrt.so"
    source = libraries / "nothing.c"
    source.write_text("".join(f"void *{name}(void) {{ return 0; }}\n" for name in _undefined(bindings)))
    for name in _needed(bindings):
        subprocess.run(["gcc", "-shared", "-fPIC", f"-Wl,-soname,{name}", "-o", libraries / name, source], check=True)
    environment = {**os.environ, "LD_LIBRARY_PATH": str(libraries), "PYTHONPATH": str(bindings.parent)}
    command = [
        sys.executable,
        "-m",
        "pybind11_stubgen",
        "tensorrt",
        "--ignore-all-errors",
        "--output-dir",
        str(folder / "raw"),
    ]
    subprocess.run(command, check=True, env=environment, capture_output=True)
    raw = folder / "raw" / "tensorrt.pyi"
    (folder / "tensorrt").mkdir()
    lines = [_mended(line) for line in raw.read_text().splitlines()]
    (folder / "tensorrt" / "__init__.pyi").write_text("\n".join(lines) + "\n")


def _mended(line: str) -> str:
    """A line as Python takes it: some parameters are called as keywords are, some without a default follow some with one."""
    if not line.lstrip().startswith("def "):
        return line
    line = re.sub(r"\bin: ", "in_: ", line)
    try:
        ast.parse(line.strip() + " ...")
    except SyntaxError:
        return re.sub(r" = [^,)]+", "", line)
    return line


def _needed(library: Path) -> list[str]:
    """NVIDIA's libraries that it asks for."""
    told = subprocess.run(["readelf", "-d", library], check=True, capture_output=True, text=True).stdout
    return [name for name in re.findall(r"\(NEEDED\).*\[(.+)\]", told) if name.startswith("libnv")]


def _undefined(library: Path) -> list[str]:
    """What it expects of those libraries: the symbols without a version. Those of libc and libstdc++ have one; Python's are
    there already."""
    told = subprocess.run(["nm", "-D", "--undefined-only", library], check=True, capture_output=True, text=True).stdout
    names = [line.split()[-1] for line in told.splitlines() if " U " in line]
    return [name for name in names if "@" not in name and not name.startswith(("Py", "_Py"))]


if __name__ == "__main__":
    make_stubs(Path(sys.argv[1]), Path(sys.argv[2]))
