"""From an ONNX network to a TensorRT engine, on one code path for TensorRT 8.6 to 11.4 and its relatives.

Where networks can be strongly typed they are: their own types are the precision, and fp16 is a network in fp16 (`onnx_half`).
From TensorRT 11 on there is nothing else. TensorRT 8.6 has a flag instead. An int8 network says itself which parts are in int8
(QDQ); strongly typed, the rest of it stays in fp32.

What a release has is asked by name, never by version: flags move between releases, and the next one is unknown.
Importing this file imports TensorRT (100 MB): only the process that builds does.
Sources: the API references of TensorRT 8.6.1, 10.3.0, 10.16.1 and 11.4.0; tests/contract checks this file against all four.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorrt as trt

from edge.config.types import Precision
from edge.engine.tensorrt.onnx_batch import with_batch
from edge.engine.tensorrt.onnx_half import in_half
from edge.engine.tensorrt.plan import BuildPlan, Built
from edge.engine.tensorrt.progress import Progress
from matting.engines.tensorrt_log import Words
from matting.errors import EngineError, ModelError

# Called with the fraction done (0..1) and the phase's name; False cancels the build.
OnProgress = Callable[[float, str], bool]
# The flags of a precision, where the network's types do not say it.
_FLAGS: dict[Precision, tuple[str, ...]] = {"fp32": (), "fp16": ("FP16",), "int8": ("FP16", "INT8")}


def build(onnx: bytes, plan: BuildPlan, timing_cache: bytes, on_progress: OnProgress) -> Built | None:
    """Build an engine; None when `on_progress` cancelled it.

    onnx: the network for one photo, in fp32 or in QDQ form for int8. timing_cache: of an earlier build here, b"" for none.

    Raises:
        ModelError: TensorRT cannot read the network, or has no such operator; the sentence names it. Or it cannot be put
            into fp16.
        EngineError: TensorRT gave no engine; its own words are in the sentence.
    """
    words = Words()
    builder = trt.Builder(words)
    if plan.precision == "fp16" and _strongly_typed():
        onnx = in_half(onnx)
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
    kinds = trt.NetworkDefinitionCreationFlag
    # Explicit batches became the only kind and their flag went away; typed networks became the only kind and theirs will.
    wanted = [getattr(kinds, name) for name in ("EXPLICIT_BATCH", "STRONGLY_TYPED") if _has(kinds, name)]
    network = builder.create_network(sum(1 << int(flag) for flag in wanted))
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
    if _strongly_typed():
        return
    for name in _FLAGS[plan.precision]:
        config.set_flag(getattr(trt.BuilderFlag, name))


def _strongly_typed() -> bool:
    """Whether the network's own types are the precision."""
    return _has(trt.NetworkDefinitionCreationFlag, "STRONGLY_TYPED") or not _has(trt.BuilderFlag, "FP16")


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
