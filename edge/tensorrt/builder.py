"""From an ONNX network to a TensorRT engine, on one code path for TensorRT 8.6 to 10.16 and its relatives.

What a release has is asked by name, never by version: flags move between releases, and the next one is unknown.
Sources: the API references of TensorRT 8.6.1, 10.3.0 and 10.16.1; tests/tensorrt checks this file against all three.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from edge.tensorrt.onnx_batch import with_batch
from edge.tensorrt.plan import BuildPlan
from edge.tensorrt.progress import Progress
from matting.errors import EngineError, ModelError

# Called with the fraction done (0..1) and the phase's name; False cancels the build.
OnProgress = Callable[[float, str], bool]
_MOST_ERRORS = 3


@dataclass(frozen=True, slots=True)
class Built:
    """engine: the serialized engine, for this GPU and this TensorRT only; timing_cache: makes the next build faster."""

    engine: bytes
    timing_cache: bytes


def import_tensorrt() -> ModuleType:
    """JetPack's TensorRT.

    Raises:
        EngineError: it is not there, or cannot be loaded.
    """
    try:
        import tensorrt  # here: 100 MB that only builder and GPU worker need
    except (ImportError, OSError) as error:
        raise EngineError(
            f"TensorRT is not to be had in this Python ({error}): JetPack installs it for the system Python, so the "
            "virtual environment must be made with --system-site-packages (apt install python3-libnvinfer if it is missing)"
        ) from error
    module: ModuleType = tensorrt
    return module


def build(trt: Any, onnx: bytes, plan: BuildPlan, timing_cache: bytes, on_progress: OnProgress) -> Built | None:
    """Build an engine; None when `on_progress` cancelled it.

    trt: the module. onnx: the network for one photo. timing_cache: of an earlier build here, b"" for none.

    Raises:
        ModelError: TensorRT cannot read the network, or has no such operator; the sentence names it.
        EngineError: TensorRT gave no engine; its own words are in the sentence.
    """
    words = _words(trt)
    builder = trt.Builder(words)
    network = _parsed(trt, builder, with_batch(onnx, plan.batch), words)
    config = builder.create_builder_config()
    _apply(trt, config, plan)
    cache = _timing_cache(config, timing_cache)
    monitor = _monitor(trt, on_progress)
    if monitor is not None:
        config.progress_monitor = monitor
    engine = builder.build_serialized_network(network, config)
    if monitor is not None and monitor.cancelled:
        return None
    if engine is None:
        raise EngineError(f"TensorRT built no engine ({plan}): {words.told()}")
    return Built(bytes(engine), b"" if cache is None else bytes(cache.serialize()))


def _words(trt: Any) -> Any:
    """A logger that keeps the errors, so that they can be told."""

    class Words(trt.ILogger):  # type: ignore[misc]  # a base that exists at run time only
        def __init__(self) -> None:
            super().__init__()
            self.errors: list[str] = []

        def log(self, severity: Any, message: str) -> None:
            if severity in (trt.ILogger.Severity.ERROR, trt.ILogger.Severity.INTERNAL_ERROR):
                self.errors.append(" ".join(message.split()))

        def told(self) -> str:
            return "; ".join(self.errors[:_MOST_ERRORS]) or "it gave no reason"

    return Words()


def _parsed(trt: Any, builder: Any, onnx: bytes, words: Any) -> Any:
    flags = trt.NetworkDefinitionCreationFlag
    # Explicit batches became the only kind, and the flag went away.
    explicit = 1 << int(flags.EXPLICIT_BATCH) if _has(flags, "EXPLICIT_BATCH") else 0
    network = builder.create_network(explicit)
    parser = trt.OnnxParser(network, words)
    if not parser.parse(onnx):
        # The log, not the parser's errors: only there is the operator named.
        raise ModelError(f"TensorRT cannot use this network: {words.told()}")
    shapes = [tuple(network.get_input(index).shape) for index in range(network.num_inputs)]
    if len(shapes) != 1 or min(shapes[0]) < 1:  # an empty file parses well, as a network of nothing
        raise ModelError(f"TensorRT cannot use this network: it needs one input of a fixed shape, not {shapes}")
    return network


def _apply(trt: Any, config: Any, plan: BuildPlan) -> None:
    pools = trt.MemoryPoolType
    config.set_memory_pool_limit(pools.WORKSPACE, plan.workspace)
    if _has(pools, "TACTIC_DRAM"):
        config.set_memory_pool_limit(pools.TACTIC_DRAM, plan.tactic_dram)
    config.builder_optimization_level = plan.level
    for name in {"fp32": (), "fp16": ("FP16",), "int8": ("FP16", "INT8")}[plan.precision]:
        if not _has(trt.BuilderFlag, name):
            raise EngineError(f"this TensorRT takes its precision from the network alone, and cannot build {plan.precision}")
        config.set_flag(getattr(trt.BuilderFlag, name))


def _timing_cache(config: Any, earlier: bytes) -> Any:
    """The cache in use: one that another TensorRT wrote counts as empty; None where there are none."""
    cache = config.create_timing_cache(earlier) or config.create_timing_cache(b"")
    if cache is not None:
        config.set_timing_cache(cache, False)
    return cache


def _monitor(trt: Any, on_progress: OnProgress) -> Any:
    """TensorRT's progress monitor around `on_progress`; None before TensorRT 10, which has none."""
    if not hasattr(trt, "IProgressMonitor"):
        return None

    class Monitor(trt.IProgressMonitor):  # type: ignore[misc]  # a base that exists at run time only
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

    return Monitor()


def _has(names: Any, name: str) -> bool:
    """Whether an enumeration of TensorRT has a member of that name."""
    return name in names.__members__
