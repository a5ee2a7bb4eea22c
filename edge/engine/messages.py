"""What the processes say to each other that make a board's engines: preparation, build, trial."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from edge.engine.request import EngineRequest
from edge.engine.tensorrt.engine_set import EngineSet
from edge.engine.tensorrt.plan import BuildPlan
from edge.ipc.messages import Decoder, Message, Text

# The files that go with StartBuild and StartTrial, by name: the engine to write or to read, the timing cache to do both with.
ENGINE, TIMING_CACHE = "engine", "timing-cache"


class StartPrepare(Message, frozen=True):
    """force: build anew, with all the memory that the budget allows."""

    request: EngineRequest
    force: bool


class PrepareProgress(Message, frozen=True):
    """progress: 0..1, None where it cannot be told. text: what is being done."""

    progress: float | None
    text: Text


class EnginesReady(Message, frozen=True):
    """The engines that the worker may use from now on."""

    engines: EngineSet


class PrepareFailed(Message, frozen=True):
    """lasting: trying again soon would end the same way, after minutes of building."""

    reason: Text
    lasting: bool


class StartBuild(Message, frozen=True):
    """onnx: the network for one photo. The files ENGINE and TIMING_CACHE come with it."""

    onnx: Path
    plan: BuildPlan


class BuildProgress(Message, frozen=True):
    """progress: 0..1. phase: TensorRT's name of it."""

    progress: float
    phase: Text


class BuildEnded(Message, frozen=True):
    """outcome: see `edge.engine.tensorrt.build_process.Outcome`."""

    outcome: Literal["built", "short", "refused", "cancelled"]
    reason: Text


class StartTrial(Message, frozen=True):
    """model: its folder. kernels: compiled for this GPU. batch: photos in a run. The file ENGINE comes with it."""

    model: Path
    kernels: Path
    batch: int


class TrialEnded(Message, frozen=True):
    """psnr: dB of the worst photo's alpha against the CPU engine's; None where the trial failed, for the reason."""

    psnr: float | None
    reason: Text = ""


TO_PREPARE, FROM_PREPARE = Decoder(StartPrepare), Decoder(PrepareProgress | EnginesReady | PrepareFailed)
TO_BUILD, FROM_BUILD = Decoder(StartBuild), Decoder(BuildProgress | BuildEnded)
TO_TRIAL, FROM_TRIAL = Decoder(StartTrial), Decoder(TrialEnded)
