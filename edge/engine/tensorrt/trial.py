"""A new engine's trial: it cuts real photos, and the alpha is compared with the CPU engine's.

It runs in a process of its own, `python -m edge.engine.tensorrt.trial CHANNEL`, as a wrong engine may crash whoever runs it.
The messages stand in edge/engine/messages.py.
"""

from __future__ import annotations

import math
import os
import select
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from edge.engine.messages import ENGINE, FROM_TRIAL, TO_TRIAL, StartTrial, TrialEnded
from edge.fs.files import write_all
from edge.ipc.child import ChildProcess
from edge.ipc.parent import parent_channel
from matting.cpu_work import CpuWork
from matting.cuda.batch import DeviceNetwork
from matting.cuda.device import Buffer, Gpu
from matting.cuda.gpu_thread import GpuThread
from matting.cuda.work import GpuWork
from matting.decode import decode
from matting.engines.base import Engine
from matting.engines.registry import open_engine
from matting.engines.tensors import as_alpha
from matting.errors import EngineError, MattingError
from matting.model import ModelSpec, PresenceSpec, default_model_dir, load_model
from matting.network_input import network_input
from matting.photo import F32, Limits, Photo
from matting.pipeline import cut
from matting.settings import Settings

# The matte of the one and of the other, on any photo. 40 dB is a root mean square difference of 1 % of full alpha.
LEAST_PSNR = 40.0
# A first run loads kernels and may take a while; a minute and a half says that it hangs.
_PATIENCE = 90.0
_INFINITE = 99.0  # dB, for equal mattes: JSON has no infinity


@dataclass(frozen=True, slots=True)
class Candidate:
    """An engine on trial. kernels: the compiled CUDA kernels that will work around it."""

    engine: bytes
    batch: int
    model: Path
    kernels: Path


def try_out(candidate: Candidate) -> float:
    """The lowest PSNR (dB) of any photo's alpha against the CPU engine's.

    Raises:
        EngineError: the trial failed, hung or crashed, or the alpha differs by more than LEAST_PSNR allows.
    """
    answer = _asked(candidate)
    if answer.psnr is None:
        raise EngineError(f"the new engine failed its trial: {answer.reason}")
    if answer.psnr < LEAST_PSNR:
        raise EngineError(
            f"the new engine failed its trial: its alpha on real photos is {answer.psnr:.1f} dB from the CPU engine's, "
            f"and {LEAST_PSNR:.0f} dB are asked for"
        )
    return answer.psnr


def _asked(candidate: Candidate) -> TrialEnded:
    engine = os.memfd_create("engine")
    try:
        write_all(engine, candidate.engine)
        start = StartTrial(candidate.model, candidate.kernels, candidate.batch)
        process = ChildProcess(
            "edge.engine.tensorrt.trial",
            start,
            FROM_TRIAL,
            files={ENGINE: engine},
            environment={"CUDA_MODULE_LOADING": "LAZY"},
        )
    finally:
        os.close(engine)
    if not select.select([process], [], [], _PATIENCE)[0]:
        process.stop()
        return TrialEnded(None, f"it did not end within {_PATIENCE:.0f} s")
    answers: list[TrialEnded] = process.receive()
    ended = process.stop(_PATIENCE)
    return answers[0] if answers else TrialEnded(None, f"its process {ended}")


def _compared(candidate: Candidate) -> float:
    from matting.engines.tensorrt import TensorRtNetwork  # imports TensorRT, in this process only

    # The trial judges the alpha, not whether somebody is in the photo.
    model = replace(load_model(candidate.model), presence=PresenceSpec(0.0, 0.0))
    reference = open_engine("cpu", model, threads=1)
    files = [path.read_bytes() for path in sorted((default_model_dir() / "trial").glob("*.jpg"))]
    found = _of_mattes(candidate, model, reference, [decode(data, Limits()) for data in files])
    if candidate.batch > 1:
        return found
    gpu_thread = GpuThread(model, lambda: Gpu(candidate.kernels), lambda device: TensorRtNetwork({1: candidate.engine}, model))
    try:
        return min([found, *(_of_cuts(data, model, reference, GpuWork(gpu_thread)) for data in files)])
    finally:
        gpu_thread.close()


def _of_mattes(candidate: Candidate, model: ModelSpec, reference: Engine, photos: list[Photo]) -> float:
    """The network alone, every slot of the batch filled."""
    from matting.engines.tensorrt import TensorRtNetwork

    # Photos, then their mirror images: no slot can pass with its neighbour's matte.
    across = -1 if model.input.layout == "NCHW" else -2
    tensors = [network_input(photo, model.input)[0] for photo in photos]
    tensors += [np.flip(tensor, across) for tensor in tensors]
    batch = np.concatenate([tensors[slot % len(tensors)] for slot in range(candidate.batch)])
    gpu = Gpu(candidate.kernels)
    try:
        network = TensorRtNetwork({candidate.batch: candidate.engine}, model)
        mattes = _run(gpu, network, batch, model)
        network.close()
    finally:
        gpu.close()
    size = (model.input.height, model.input.width)
    wanted = [reference.infer(np.ascontiguousarray(one[None])) for one in batch]
    return min(_psnr(as_alpha(one, size), alpha) for one, alpha in zip(mattes, wanted, strict=True))


def _run(gpu: Gpu, network: DeviceNetwork, batch: F32, model: ModelSpec) -> F32:
    count, size = len(batch), model.input.height * model.input.width
    given, out = gpu.allocate(batch.nbytes), gpu.allocate(count * size * 4)
    into, back = gpu.pinned(batch.nbytes), gpu.pinned(count * size * 4)
    into[:] = batch.reshape(-1).view(np.uint8)
    gpu.upload(given, into)
    network.enqueue(count, given.pointer, out.pointer, gpu.stream)
    gpu.download(back, Buffer(out.pointer, back.nbytes))
    gpu.synchronize()
    return back.copy().view(np.float32).reshape(count, size)


def _of_cuts(data: bytes, model: ModelSpec, reference: Engine, work: GpuWork) -> float:
    """The whole way at full size, kernels and all."""
    settings = Settings(mask=True)
    ours, theirs = cut(data, settings, work).mask, cut(data, settings, CpuWork(reference, model)).mask
    assert ours is not None and theirs is not None
    return _psnr(_grey(ours), _grey(theirs))


def _grey(png: bytes) -> F32:
    grey = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    return np.asarray(grey, np.float32) / np.float32(255)


def _psnr(one: F32, other: F32) -> float:
    error = float(np.mean((one - other) ** 2))
    return min(_INFINITE, -10 * math.log10(error)) if error > 0 else _INFINITE


def main() -> None:
    channel = parent_channel(TO_TRIAL)
    received = channel.receive()
    if received is None:
        return
    start: StartTrial = received.message
    engine = received.files[ENGINE]
    data = os.pread(engine, os.fstat(engine).st_size, 0)
    try:
        channel.send(TrialEnded(_compared(Candidate(data, start.batch, start.model, start.kernels))))
    except MattingError as error:
        channel.send(TrialEnded(None, str(error)))


if __name__ == "__main__":
    main()
