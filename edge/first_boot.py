"""From a board with TensorRT to engines that it may trust: found in store, or built, tried out and published.

It takes minutes the first time; `edge.preparation` runs it in a process of its own.
"""

from __future__ import annotations

import hashlib
import json
import select
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.board import memory_available, swap_free
from edge.files import exclusive
from edge.tensorrt.build_process import BuildProcess, Outcome
from edge.tensorrt.plan import BuildPlan, Built, ladder
from edge.tensorrt.preflight import advice
from edge.tensorrt.prepared import Prepared, Wish
from edge.tensorrt.probe import probe
from edge.tensorrt.rungs import Rungs
from edge.tensorrt.store import EngineKey, EngineStore, Gpu, Missing, StoredEngine
from edge.tensorrt.trial import Candidate, try_out
from matting.cuda.compiler import compile_kernels
from matting.errors import EngineError, OutputError
from matting.model import load_model

# Called with the share done (0..1, None where it cannot be told) and what is being done.
Tell = Callable[[float | None, str], None]
_HEARTBEAT = 10.0


class NotBuilt(EngineError):
    """No engine could be built, and trying again at once would end the same way."""


def prepare(wish: Wish, tell: Tell, *, force: bool = False) -> Prepared:
    """Engines for every batch of the wish, or at least for single photos. force: build anew, from the ladder's top.

    Raises:
        NotBuilt: no build succeeded, or the engine that was built failed its trial.
        EngineError: no GPU, no TensorRT, no nvcc; the sentence says what to do.
        ModelError: the model's files are bad, or TensorRT cannot use the network.
        OutputError: the folder cannot be written.
    """
    store = EngineStore(wish.folder)
    store.check_writable()
    try:
        with exclusive(wish.folder / "lock"):
            return _prepare(wish, store, tell, force)
    except BlockingIOError as error:
        raise EngineError(f"another build is at work in {wish.folder}: wait for its end") from error


def _prepare(wish: Wish, store: EngineStore, tell: Tell, force: bool) -> Prepared:
    tell(None, "asking the GPU")
    gpu, onnx = probe(), _onnx(wish)
    tell(None, "compiling the kernels")
    kernels = compile_kernels(*_kernels(wish, gpu))
    keys: list[EngineKey] = []
    for key in _keys(wish, gpu, onnx):
        stored = Missing("a new one was asked for") if force else store.load(key)
        if isinstance(stored, Missing):
            tell(0.0, f"building the engine for a batch of {key.plan.batch}: {stored.reason}")
            try:
                _Building(store, key, onnx, wish, kernels, tell).run(force)
            except NotBuilt as error:
                if not keys:
                    raise
                tell(None, f"photos will be cut one by one: {error}")
                break
        keys.append(key)
    store.discard_others(keys)
    return Prepared(wish.folder, tuple(keys), kernels)


def found(wish: Wish) -> Prepared:
    """What an earlier `prepare` left, without building anything.

    Raises:
        EngineError: no GPU, no TensorRT, or no engine that fits.
        ModelError: the model's files are bad.
    """
    gpu = probe()
    keys: list[EngineKey] = []
    for key, stored in in_store(wish, gpu):
        if isinstance(stored, Missing):
            if not keys:
                raise EngineError(f"no TensorRT engine to use in {wish.folder} ({stored.reason}): run edge-matting build")
            break
        keys.append(key)
    return Prepared(wish.folder, tuple(keys), compile_kernels(*_kernels(wish, gpu)))


def in_store(wish: Wish, gpu: Gpu) -> Iterator[tuple[EngineKey, StoredEngine | Missing]]:
    """What there is of each engine of the wish, single photos' first.

    Raises:
        ModelError: the model's files are bad.
    """
    store = EngineStore(wish.folder)
    return ((key, store.load(key)) for key in _keys(wish, gpu, _onnx(wish)))


def _onnx(wish: Wish) -> Path:
    return load_model(wish.model).file("int8" if wish.precision == "int8" else "onnx")


def _keys(wish: Wish, gpu: Gpu, onnx: Path) -> list[EngineKey]:
    digest = hashlib.sha256(onnx.read_bytes()).hexdigest()
    return [EngineKey(gpu, digest, wish.plan(batch)) for batch in wish.batches]


def _kernels(wish: Wish, gpu: Gpu) -> tuple[Path, str]:
    """Where the compiled kernels belong, and for which GPU."""
    return wish.folder / "kernels", "sm_" + gpu.capability.replace(".", "")


@dataclass(frozen=True, slots=True)
class _Building:
    """One engine's way: down the ladder until a build succeeds, then its trial."""

    store: EngineStore
    key: EngineKey
    onnx: Path
    wish: Wish
    kernels: Path
    tell: Tell

    def run(self, force: bool) -> None:
        rungs = Rungs(self.wish.folder / f"rung-{_board(self.key)}.json")
        try:
            if force:
                rungs.settle(0)
            plan, built = self._descend(rungs)
            psnr = try_out(Candidate(built.engine, plan.batch, self.wish.model, self.kernels))
            self.store.publish(self.key, StoredEngine(built.engine, plan, psnr))
            self.store.keep_timing_cache(self.key.gpu, built.timing_cache)
        except OSError as error:
            raise OutputError(f"the engine folder {self.wish.folder} cannot be written: {error.strerror}") from error
        except OutputError:
            raise
        except EngineError as error:
            raise NotBuilt(str(error)) from error
        self.tell(1.0, f"engine ready ({plan}): alpha {psnr:.1f} dB from the CPU engine's on real photos")

    def _descend(self, rungs: Rungs) -> tuple[BuildPlan, Built]:
        plans = list(ladder(self.key.plan))
        reason = "earlier builds on this board died"
        for number in range(rungs.first(), len(plans)):
            plan = plans[number]
            if short := advice(plan, memory_available(), swap_free()):
                self.tell(None, short)
            rungs.begin(number)
            try:
                outcome = self._build(plan)
            except BaseException:  # called off: it says nothing about this rung
                rungs.settle(number)
                raise
            if outcome.built is not None:
                rungs.settle(number)
                return plan, outcome.built
            rungs.settle(number + 1 if outcome.kind == "short" else number)
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
            while (outcome := process.hear()) is None:
                self.tell(process.progress, f"building {plan}")
                select.select([process], [], [], _HEARTBEAT)
            return outcome
        except BaseException:
            process.cancel()
            process.hear()
            raise


def _board(key: EngineKey) -> str:
    """What a rung is remembered for: a JetPack upgrade should not have to die on the same rungs again."""
    facts = [key.gpu.name, key.gpu.processors, key.plan.precision, key.plan.batch]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:12]
