"""From an ONNX network to a TensorRT engine, on one code path for TensorRT 8.6 to 10.16 and its relatives.

What a release has is asked by name, never by version: flags move between releases, and the next one is unknown.
Importing this file imports TensorRT (100 MB): only the process that builds does.
Sources: the API references of TensorRT 8.6.1, 10.3.0 and 10.16.1; tests/tensorrt checks this file against all three.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorrt as trt

from edge.engine.tensorrt.onnx_batch import with_batch
from edge.engine.tensorrt.plan import BuildPlan, Built
from edge.engine.tensorrt.progress import Progress
from matting.engines.tensorrt_log import Words
from matting.errors import EngineError, ModelError, SettingsError

# Called with the fraction done (0..1) and the phase's name; False cancels the build.
OnProgress = Callable[[float, str], bool]


def build(onnx: bytes, plan: BuildPlan, timing_cache: bytes, on_progress: OnProgress) -> Built | None:
    """Build an engine; None when `on_progress` cancelled it.

    onnx: the network for one photo. timing_cache: of an earlier build here, b"" for none.

    Raises:
        ModelError: TensorRT cannot read the network, or has no such operator; the sentence names it.
        EngineError: TensorRT gave no engine; its own words are in the sentence.
        SettingsError: this TensorRT does not build that precision.
    """
    words = Words()
    builder = trt.Builder(words)
    network = _parsed(builder, with_batch(onnx, plan.batch), words)
    config = builder.create_builder_config()
    _apply(config, plan)
    cache = _timing_cache(config, timing_cache)
    monitor = _watch(config, on_progress)
    engine = builder.build_serialized_network(network, config)
    if monitor is not None and monitor.cancelled:
        return None
    if engine is None:
        raise EngineError(f"TensorRT built no engine ({plan}): {words.told()}")
    return Built(_bytes(engine), b"" if cache is None else _bytes(cache.serialize()))


def _parsed(builder: trt.Builder, onnx: bytes, words: Words) -> trt.INetworkDefinition:
    flags = trt.NetworkDefinitionCreationFlag
    # Explicit batches became the only kind, and the flag went away.
    explicit = 1 << int(flags.EXPLICIT_BATCH) if _has(flags, "EXPLICIT_BATCH") else 0
    network = builder.create_network(explicit)
    parser = trt.OnnxParser(network, words)
    if not parser.parse(onnx):
        # The log, not the parser's errors: only there is the operator named.
        raise ModelError(f"TensorRT cannot use this network: {words.told()}")
    shapes = [_sides(network.get_input(index).shape) for index in range(network.num_inputs)]
    if len(shapes) != 1 or min(shapes[0]) < 1:  # an empty file parses well, as a network of nothing
        raise ModelError(f"TensorRT cannot use this network: it needs one input of a fixed shape, not {shapes}")
    return network


def _apply(config: trt.IBuilderConfig, plan: BuildPlan) -> None:
    pools = trt.MemoryPoolType
    config.set_memory_pool_limit(pools.WORKSPACE, plan.workspace)
    if _has(pools, "TACTIC_DRAM"):
        config.set_memory_pool_limit(pools.TACTIC_DRAM, plan.tactic_dram)
    config.builder_optimization_level = plan.level
    for name in {"fp32": (), "fp16": ("FP16",), "int8": ("FP16", "INT8")}[plan.precision]:
        if not _has(trt.BuilderFlag, name):
            raise SettingsError(f"this TensorRT takes its precision from the network alone, and cannot build {plan.precision}")
        config.set_flag(getattr(trt.BuilderFlag, name))


def _timing_cache(config: trt.IBuilderConfig, earlier: bytes) -> trt.ITimingCache | None:
    """The cache in use: one that another TensorRT wrote counts as empty; None where there are none."""
    cache = config.create_timing_cache(earlier) or config.create_timing_cache(b"")
    if cache is not None:
        config.set_timing_cache(cache, False)
    return cache


def _watch(config: Any, on_progress: OnProgress) -> Any:
    """Set TensorRT's progress monitor around `on_progress` and return it; None before TensorRT 10, which has none.

    `config` is of no type here, as to TensorRT 8.6 it has no such attribute.
    """
    base: Any = getattr(trt, "IProgressMonitor", None)
    if base is None:
        return None

    class Monitor(base):  # type: ignore[misc]  # a base that exists at run time only
        def __init__(self) -> None:
            super().__init__()
            self.progress = Progress()
            self.cancelled = False

        def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
            self.progress.start(phase_name, num_steps)

        def step_complete(self, phase_name: str, step: int) -> bool:
            self.progress.step(phase_name, step)
            self.cancelled = self.cancelled or not on_progress(self.progress.fraction, self.progress.phase)
            return not self.cancelled

        def phase_finish(self, phase_name: str) -> None:
            self.progress.finish(phase_name)

    config.progress_monitor = monitor = Monitor()
    return monitor


def _bytes(memory: Any) -> bytes:
    """TensorRT's IHostMemory has Python's buffer protocol, which its types do not tell."""
    return bytes(memory)


def _sides(shape: trt.Dims) -> list[int]:
    return [shape[axis] for axis in range(len(shape))]


def _has(names: Any, name: str) -> bool:
    """Whether an enumeration of TensorRT has a member of that name."""
    return name in names.__members__
