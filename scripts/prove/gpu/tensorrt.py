"""Claim: an engine that this machine's TensorRT built runs in the GPU thread and gives the CPU engine's alpha.

TensorRT where it is installed, else TensorRT-RTX from PyPI, which runs on desktop GPUs and is not what an Orin has.
"""

from __future__ import annotations

import dataclasses
import importlib
import sys
import time
from types import ModuleType

from edge.config.types import Precision
from edge.engine.tensorrt.plan import BuildPlan
from matting.errors import MattingError
from scripts.prove.gpu.cutouts import LEAST_PSNR, psnr
from scripts.prove.gpu.setup import Bench, Section, photo

# The last is for a rehearsal: without a GPU, TensorRT-RTX must be told one to build for, and cannot run what it built.
MODULES, REHEARSED = ("tensorrt", "tensorrt_rtx", "tensorrt_rtx_bindings"), ("tests.tensorrt.shim.tensorrt",)
PRECISIONS: tuple[Precision, ...] = ("fp32", "fp16")
_MIB = 1 << 20


def prove(bench: Bench) -> Section:
    """Build in both precisions for one photo and for four, run, and compare."""
    section = Section("TensorRT")
    found = _imported(REHEARSED if bench.rehearsal else MODULES)
    if found is None:
        section.lines.append("Not run: neither TensorRT nor TensorRT-RTX is installed in this Python.")
        return section
    section.lines += [
        f"{_told(found)}.",
        "",
        "| Precision | Batch | Build, s | Engine, MB | Alpha, PSNR |",
        "|---|---|---|---|---|",
    ]
    for precision in PRECISIONS:
        for batch in (1, 4):
            _try_out(bench, section, precision, batch)
    return section


def _imported(names: tuple[str, ...]) -> ModuleType | None:
    """The first of the modules that there is, as `tensorrt`: under that name edge/tensorrt and matting/engines import it."""
    for name in names:
        try:
            sys.modules["tensorrt"] = importlib.import_module(name)
        except (ImportError, OSError):
            continue
        return sys.modules["tensorrt"]
    return None


def _told(module: ModuleType) -> str:
    rtx = any("rtx" in str(getattr(module, attribute, "")) for attribute in ("__name__", "Runtime"))
    version = getattr(module, "__version__", "of an unknown version")
    return f"TensorRT-RTX {version}, not the TensorRT of an Orin" if rtx else f"TensorRT {version}"


def _try_out(bench: Bench, section: Section, precision: Precision, batch: int) -> None:
    from edge.engine.tensorrt.builder import build  # imports TensorRT
    from matting.engines.tensorrt import TensorRtNetwork

    plan = BuildPlan(precision, batch, workspace=1024 * _MIB, tactic_dram=2048 * _MIB)
    start, row = time.perf_counter(), f"| {precision} | {batch} |"
    try:
        built = build(bench.model.file("onnx").read_bytes(), plan, b"", lambda share, phase: True)
        assert built is not None  # nobody cancelled
        row += f" {time.perf_counter() - start:.1f} | {len(built.engine) / 1e6:.1f} |"
        with_it = dataclasses.replace(bench, open_network=lambda device: TensorRtNetwork({batch: built.engine}, bench.model))
        found = psnr(with_it, photo(*bench.sizes.compared[-1]), batch)
        section.lines.append(f"{row} {found:.1f} dB |")
        if found < LEAST_PSNR:
            section.wrong.append(f"TensorRT, {precision}, batch {batch}: {found:.1f} dB")
    except MattingError as error:
        section.lines.append(f"{row} not run: {error} |")
        if not bench.rehearsal:
            section.wrong.append(f"TensorRT, {precision}, batch {batch}: {error}")
