"""Which GPU and which TensorRT there are, asked in a process of its own: `python -m edge.engine.tensorrt.probe` prints JSON.

The libraries behind the answer take 100 MB, and a broken driver may hang or crash whoever asks it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict

from edge.engine.tensorrt.store import GpuInfo
from edge.ipc.parent import die_with_parent
from matting.errors import EngineError

_PATIENCE = 60.0
NO_TENSORRT = (
    "TensorRT is not to be had in this Python ({}): JetPack installs it for the system Python, so the virtual environment "
    "must be made with --system-site-packages (apt install python3-libnvinfer if it is missing)"
)


def probe() -> GpuInfo:
    """The first GPU, which answers, and the TensorRT of this Python.

    Raises:
        EngineError: either is missing, or the driver hangs or crashes; the sentence says what to do.
    """
    command = [sys.executable, "-m", "edge.engine.tensorrt.probe"]
    environment = {**os.environ, "CUDA_MODULE_LOADING": "LAZY"}
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False, env=environment)
    except subprocess.TimeoutExpired as error:
        raise EngineError(f"the NVIDIA driver does not answer within {_PATIENCE:.0f} s: restart the board") from error
    if result.returncode != 0:
        last = (result.stderr.strip().splitlines() or ["no word of why"])[-1]
        raise EngineError(f"asking the NVIDIA driver ended with code {result.returncode} ({last})")
    answer = json.loads(result.stdout)
    if "missing" in answer:
        raise EngineError(answer["missing"])
    return GpuInfo(**answer)


def _answer() -> dict[str, object]:
    try:
        import tensorrt  # here, where it may be missing
    except (ImportError, OSError) as error:
        return {"missing": NO_TENSORRT.format(error)}
    from matting.cuda.device import gpu_facts

    try:
        return {**asdict(gpu_facts()), "tensorrt": tensorrt.__version__}
    except EngineError as error:
        return {"missing": str(error)}


if __name__ == "__main__":
    die_with_parent()
    print(json.dumps(_answer()))
