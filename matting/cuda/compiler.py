"""The kernels compiled for the board at hand, once: nvcc comes with JetPack's toolkit, which pycuda needs anyway."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from matting.errors import EngineError

SOURCES = Path(__file__).parent
TOOLKIT = Path("/usr/local/cuda/bin")  # where JetPack puts nvcc, and no shell's PATH has it
LONGEST_S = 300


def find_nvcc() -> Path:
    """nvcc of the PATH, or JetPack's.

    Raises:
        EngineError: there is none.
    """
    found = shutil.which("nvcc") or shutil.which("nvcc", path=str(TOOLKIT))
    if found is None:
        raise EngineError(
            "the kernels need nvcc once: sudo apt install cuda-nvcc-12-6 (or your JetPack's number), or nvidia-jetpack"
        )
    return Path(found)


def compile_kernels(folder: Path, arch: str) -> Path:
    """The cubin for `arch` (such as "sm_87") in `folder`, compiled where the same sources, arch and nvcc made none yet.

    Raises:
        EngineError: no nvcc, it fails, or the folder cannot be written.
    """
    nvcc = find_nvcc()
    cubin = folder / f"kernels-{arch}-{_key(arch, _run([str(nvcc), '--version']))}.cubin"
    if cubin.is_file():
        return cubin
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            made = Path(scratch) / cubin.name
            _run(command(nvcc, arch, made))
            with made.open("rb") as written:
                os.fsync(written.fileno())
            made.replace(cubin)
    except OSError as error:
        raise EngineError(f"the compiled kernels cannot be written to {folder} ({error.strerror})") from error
    return cubin


def command(nvcc: Path, arch: str, output: Path) -> list[str]:
    """How the kernels are compiled. C++17 is what the oldest toolkit that is served, CUDA 12.2, has by default. Without
    fused multiply-add the GPU rounds as the C++ build does, and so where a colour is half a level it takes the same."""
    flags = ["-std=c++17", "-fmad=false", f"-arch={arch}", "-cubin", "-Xptxas", "-v"]
    return [str(nvcc), *flags, "-o", str(output), str(SOURCES / "kernels.cu")]


def _key(arch: str, version: str) -> str:
    digest = hashlib.sha256(f"{arch}\n{version}\n".encode())
    for source in sorted(SOURCES.glob("*.cu*")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _run(words: list[str]) -> str:
    try:
        result = subprocess.run(words, capture_output=True, text=True, check=False, timeout=LONGEST_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EngineError(f"nvcc does not run ({error})") from error
    if result.returncode != 0:
        told = (result.stderr or result.stdout).strip() or f"exit code {result.returncode}"
        raise EngineError(f"nvcc failed: {told.splitlines()[-1]}")
    return result.stdout
