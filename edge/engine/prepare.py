"""From a board with TensorRT to engines that it may trust: found in store, or built, tried out and published.

It takes minutes the first time; `edge.engine.prepare_process` runs it in a process of its own.
"""

from __future__ import annotations

import hashlib
import json
import select
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.board.facts import memory_available, swap_free
from edge.engine.request import EngineRequest
from edge.engine.tensorrt.build_attempts import BuildAttempts
from edge.engine.tensorrt.build_process import BuildProcess, Outcome
from edge.engine.tensorrt.engine_set import EngineSet
from edge.engine.tensorrt.memory_advice import advice
from edge.engine.tensorrt.plan import BuildPlan, Built, fallback_plans
from edge.engine.tensorrt.probe import probe
from edge.engine.tensorrt.store import EngineKey, EngineStore, GpuInfo, Missing, StoredEngine
from edge.engine.tensorrt.trial import Candidate, try_out
from edge.fs.files import exclusive
from matting.cuda.compiler import compile_kernels
from matting.errors import EngineError, OutputError
from matting.model import load_model

# Called with the share done (0..1, None where it cannot be told) and what is being done.
Tell = Callable[[float | None, str], None]
_HEARTBEAT = 10.0


class NotBuilt(EngineError):
    """No engine could be built, and trying again at once would end the same way."""


def prepare(request: EngineRequest, tell: Tell, *, force: bool = False) -> EngineSet:
    """Engines for every batch of the request, or at least for single photos. force: build anew, from the most generous plan.

    Raises:
        NotBuilt: no build succeeded, or the engine that was built failed its trial.
        EngineError: no GPU, no TensorRT, no nvcc; the sentence says what to do.
        ModelError: the model's files are bad, or TensorRT cannot use the network.
        OutputError: the folder cannot be written.
    """
    store = EngineStore(request.folder)
    store.check_writable()
    try:
        with exclusive(request.folder / "lock"):
            return _prepare(request, store, tell, force)
    except BlockingIOError as error:
        raise EngineError(f"another build is at work in {request.folder}: wait for its end") from error


def _prepare(request: EngineRequest, store: EngineStore, tell: Tell, force: bool) -> EngineSet:
    tell(None, "asking the GPU")
    gpu, onnx = probe(), _onnx(request)
    tell(None, "compiling the kernels")
    kernels = compile_kernels(*_kernels(request, gpu))
    keys: list[EngineKey] = []
    for key in _keys(request, gpu, onnx):
        stored = Missing("a new one was asked for") if force else store.load(key)
        if isinstance(stored, Missing):
            tell(0.0, f"building the engine for a batch of {key.plan.batch}: {stored.reason}")
            try:
                _Building(store, key, onnx, request, kernels, tell).run(force)
            except NotBuilt as error:
                if not keys:
                    raise
                tell(None, f"photos will be cut one by one: {error}")
                break
        keys.append(key)
    store.discard_others(keys)
    return EngineSet(request.folder, tuple(keys), kernels)


def found(request: EngineRequest) -> EngineSet:
    """What an earlier `prepare` left, without building anything.

    Raises:
        EngineError: no GPU, no TensorRT, or no engine that fits.
        ModelError: the model's files are bad.
    """
    gpu = probe()
    keys: list[EngineKey] = []
    for key, stored in in_store(request, gpu):
        if isinstance(stored, Missing):
            if not keys:
                raise EngineError(f"no TensorRT engine to use in {request.folder} ({stored.reason}): run edge-matting build")
            break
        keys.append(key)
    return EngineSet(request.folder, tuple(keys), compile_kernels(*_kernels(request, gpu)))


def in_store(request: EngineRequest, gpu: GpuInfo) -> Iterator[tuple[EngineKey, StoredEngine | Missing]]:
    """What there is of each engine of the request, single photos' first.

    Raises:
        ModelError: the model's files are bad.
    """
    store = EngineStore(request.folder)
    return ((key, store.load(key)) for key in _keys(request, gpu, _onnx(request)))


def _onnx(request: EngineRequest) -> Path:
    return load_model(request.model).file("int8" if request.precision == "int8" else "onnx")


def _keys(request: EngineRequest, gpu: GpuInfo, onnx: Path) -> list[EngineKey]:
    digest = hashlib.sha256(onnx.read_bytes()).hexdigest()
    return [EngineKey(gpu, digest, request.plan(batch)) for batch in request.batches]


def _kernels(request: EngineRequest, gpu: GpuInfo) -> tuple[Path, str]:
    """Where the compiled kernels belong, and for which GPU."""
    return request.folder / "kernels", "sm_" + gpu.capability.replace(".", "")


@dataclass(frozen=True, slots=True)
class _Building:
    """One engine's way: plan after plan, each asking for less, until a build succeeds; then its trial."""

    store: EngineStore
    key: EngineKey
    onnx: Path
    request: EngineRequest
    kernels: Path
    tell: Tell

    def run(self, force: bool) -> None:
        attempts = BuildAttempts(self.request.folder / f"build-attempts-{_board(self.key)}.json")
        try:
            if force:
                attempts.settle(0)
            plan, built, seconds = self._build_within_memory(attempts)
            psnr = try_out(Candidate(built.engine, plan.batch, self.request.model, self.kernels))
            self.store.publish(self.key, StoredEngine(built.engine, plan, psnr, seconds))
            self.store.keep_timing_cache(self.key.gpu, built.timing_cache)
        except OSError as error:
            raise OutputError(f"the engine folder {self.request.folder} cannot be written: {error.strerror}") from error
        except OutputError:
            raise
        except EngineError as error:
            raise NotBuilt(str(error)) from error
        self.tell(1.0, f"engine ready ({plan}): alpha {psnr:.1f} dB from the CPU engine's on real photos")

    def _build_within_memory(self, attempts: BuildAttempts) -> tuple[BuildPlan, Built, float]:
        """The plan that worked, what it gave, and the seconds of that build."""
        plans = list(fallback_plans(self.key.plan))
        reason = "earlier builds on this board died"
        for number in range(attempts.first(), len(plans)):
            plan = plans[number]
            if short := advice(plan, memory_available(), swap_free()):
                self.tell(None, short)
            attempts.begin(number)
            begun = time.monotonic()
            try:
                outcome = self._build(plan)
            except BaseException:  # called off: it says nothing about this plan
                attempts.settle(number)
                raise
            if outcome.built is not None:
                attempts.settle(number)
                return plan, outcome.built, time.monotonic() - begun
            attempts.settle(number + 1 if outcome.kind == "short" else number)
            if outcome.kind == "refused":
                raise EngineError(outcome.reason)
            reason = outcome.reason
            self.tell(0.0, f"{reason}; asking for less" if number + 1 < len(plans) else reason)
        raise EngineError(
            f"no engine could be built within this board's memory ({reason}): "
            "free some or add swap, then run edge-matting build --force"
        )

    def _build(self, plan: BuildPlan) -> Outcome:
        process = BuildProcess(self.onnx, plan, self.store.timing_cache(self.key.gpu))
        try:
            while (outcome := process.poll()) is None:
                self.tell(process.progress, f"building {plan}")
                select.select([process], [], [], _HEARTBEAT)
            return outcome
        except BaseException:
            process.cancel()
            process.poll()
            raise


def _board(key: EngineKey) -> str:
    """What attempts are remembered for: a JetPack upgrade should not have to die of the same plans again."""
    facts = [key.gpu.name, key.gpu.processors, key.plan.precision, key.plan.batch]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:12]
