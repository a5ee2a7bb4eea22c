"""Launches a kernel of the product on the GPU and compares: `python -m edge.commands.doctor.kernel FOLDER` prints JSON.

FOLDER: where compiled kernels are kept. They are used from there, and nothing is written to it.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

from edge.ipc.parent import die_with_parent
from matting.cuda.compiler import compile_kernels
from matting.cuda.device import Gpu, gpu_facts
from matting.cuda.reference.resize import halve
from matting.errors import EngineError, OutOfMemory

_HEIGHT, _WIDTH = 48, 64


def _answer(kept: Path) -> dict[str, object]:
    try:
        facts = gpu_facts()
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "kernels"
            if kept.is_dir():
                shutil.copytree(kept, folder)
            gpu = Gpu(compile_kernels(folder, "sm_" + facts.capability.replace(".", "")))
            return {"gpu": facts.name, "capability": facts.capability, "cuda": facts.cuda, "equal": _halves(gpu)}
    except (EngineError, OutOfMemory) as error:
        return {"failed": str(error)}


def _halves(gpu: Gpu) -> bool:
    """Whether noise, halved by the GPU, is what the CPU makes of it."""
    size = _HEIGHT * _WIDTH * 3
    source, result, expected = gpu.pinned(4 * size), gpu.pinned(size), np.empty(size, np.uint8)
    source[:] = np.random.default_rng(1).integers(0, 256, 4 * size, np.uint8)
    photo, small = gpu.allocate(4 * size), gpu.allocate(size)
    gpu.upload(photo, source)
    gpu.launch("halve", _WIDTH, _HEIGHT, photo, small, _HEIGHT, _WIDTH)
    gpu.download(result, small)
    gpu.synchronize()
    halve(source, expected, _HEIGHT, _WIDTH)
    return bool((result == expected).all())


if __name__ == "__main__":
    die_with_parent()
    print(json.dumps(_answer(Path(sys.argv[1]))))
