"""Which form of the network the CPU runs: the fastest of those whose alpha is good enough, found out once and remembered.

`python -m edge.engine.cpu_variant MODEL THREADS` measures and prints {form: seconds}; it is a process of its own because the
memory of networks that were loaded only to be timed would not all come back.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from edge.fs.files import write_atomic
from edge.ipc.parent import die_with_parent
from matting.errors import EngineError, MattingError
from matting.model import ModelSpec, load_model

log = logging.getLogger(__name__)

EXACT = "onnx"
FORMS = {EXACT: "fp32", "int8": "int8"}  # and what people call them
LEAST_PSNR = 40.0
# The exact form stays unless another one saves 15 % of the time: nearer than that, noise would decide.
WORTH = 0.85
_ROUNDS, _ENOUGH = 5, 3.0  # as many, or as many as fit into so many seconds: a slow machine shows the difference at once
_PATIENCE = 60.0


def good_enough(model: ModelSpec) -> tuple[str, ...]:
    """The exact form, and those whose alpha is within LEAST_PSNR of it."""
    others = (form for form in FORMS if form != EXACT and form in model.files)
    return (EXACT, *(form for form in others if (model.files[form].psnr or 0.0) >= LEAST_PSNR))


def fastest(seconds: Mapping[str, float]) -> str:
    """By seconds for a photo; they hold the exact form's."""
    best = min(seconds, key=lambda form: seconds[form])
    return best if seconds[best] <= WORTH * seconds[EXACT] else EXACT


def remembered(model: ModelSpec, threads: int, folder: Path) -> str:
    """What `choose` found out for this machine and model; the exact form where nothing is known."""
    seconds = _read(folder / "cpu-form.json", _key(model, threads))
    return EXACT if seconds is None else fastest(seconds)


def choose(model_folder: Path, threads: int, folder: Path) -> str:
    """As `remembered`, but measured where nothing is known: about a second, once for each machine, model and onnxruntime.

    Raises:
        ModelError: no such model.
    """
    model = load_model(model_folder)
    if good_enough(model) == (EXACT,):
        return EXACT
    path, key = folder / "cpu-form.json", _key(model, threads)
    seconds = _read(path, key)
    if seconds is None:
        try:
            seconds = measure(model_folder, threads)
            times = ", ".join(f"{FORMS[form]} {1e3 * spent:.0f} ms" for form, spent in seconds.items())
            log.info("the network on this CPU: %s; %s is used", times, FORMS[fastest(seconds)])
        except EngineError as error:
            log.warning("%s: the CPU runs fp32", error)
            seconds = {EXACT: _PATIENCE}  # remembered as well, or every start would wait for it again
        try:
            write_atomic(path, json.dumps({"key": key, "seconds": seconds}).encode())
        except OSError as error:  # a full disk is waited for later on; this need not be remembered for the service to start
            log.warning("which form is faster cannot be remembered in %s: %s", folder, error.strerror)
    return fastest(seconds)


def measure(model_folder: Path, threads: int) -> dict[str, float]:
    """Seconds of one run, by form.

    Raises:
        EngineError: they cannot be had.
    """
    command = [sys.executable, "-m", "edge.engine.cpu_variant", str(model_folder), str(threads)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=True, stdin=subprocess.DEVNULL)
        return {form: float(spent) for form, spent in json.loads(done.stdout).items()}
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise EngineError(f"the forms of the network cannot be timed ({error})") from error


def _read(path: Path, key: dict[str, Any]) -> dict[str, float] | None:
    """What the file says of this key; a file that is missing, torn or of another machine says nothing."""
    try:
        told = json.loads(path.read_bytes())
        if told["key"] == key and EXACT in told["seconds"]:
            return {form: float(spent) for form, spent in told["seconds"].items() if form in FORMS}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    return None


def _key(model: ModelSpec, threads: int) -> dict[str, Any]:
    return {
        "cpu": _cpu(),
        "threads": threads,
        "onnxruntime": _onnxruntime(),
        "files": {form: model.files[form].sha256 for form in good_enough(model) if form in model.files},
    }


def _cpu() -> str:
    """The processor and how many cores of it are ours."""
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    names = re.findall(r"^(?:model name|CPU part|CPU implementer)\s*:\s*(.+)$", text, re.MULTILINE)
    return " ".join([platform.machine(), *sorted(set(names)), str(len(os.sched_getaffinity(0)))])


def _onnxruntime() -> str:
    """Without loading it: the service does not."""
    try:
        return version("onnxruntime")
    except PackageNotFoundError:
        return "unknown"


def _time(model: ModelSpec, threads: int) -> dict[str, float]:
    """Least seconds of one run, the forms in turn, so that what else the machine does meets them alike."""
    import numpy as np

    from matting.engines.onnx_cpu import OnnxCpuEngine
    from matting.engines.tensors import input_shape

    engines = {form: OnnxCpuEngine(model, threads=threads, form=form) for form in good_enough(model)}
    tensor = np.zeros(input_shape(model), np.float32)
    times: dict[str, list[float]] = {form: [] for form in engines}
    began = time.perf_counter()
    while len(times[EXACT]) < _ROUNDS and time.perf_counter() - began < _ENOUGH:
        for form, engine in engines.items():
            start = time.perf_counter()
            engine.infer(tensor)
            times[form].append(time.perf_counter() - start)
    return {form: min(spent) for form, spent in times.items()}


if __name__ == "__main__":
    die_with_parent()
    try:
        print(json.dumps(_time(load_model(Path(sys.argv[1])), int(sys.argv[2]))))
    except MattingError as fault:
        sys.exit(str(fault))
