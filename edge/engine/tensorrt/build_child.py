"""The process that builds: `python -m edge.engine.tensorrt.build_child CHANNEL`. It never imports torch, and may be killed at
any time.

First message in: {"onnx": path, "plan": BuildPlan's fields} with two open files: one for the engine, and the timing cache
to read and write. Messages out: {"progress": 0..1, "phase": name} as it goes, then one of {"built": sentence},
{"cancelled": sentence}, {"short": sentence} where less memory may do, {"refused": sentence} where no plan will.
SIGTERM cancels.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from edge.engine.tensorrt.plan import BuildPlan
from edge.engine.tensorrt.probe import NO_TENSORRT
from edge.fs.files import write_all
from edge.ipc.channel import Channel
from edge.ipc.parent_death import die_with_parent
from matting.errors import EngineError, ModelError, SettingsError

_TOLD_EVERY = 0.01


class _Teller:
    """Passes progress on, a message a percent; False once the build shall end."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._told = -1.0
        self._cancelled = False

    def cancel(self) -> None:
        self._cancelled = True

    def __call__(self, fraction: float, phase: str) -> bool:
        if fraction - self._told >= _TOLD_EVERY:
            self._told = fraction
            self._channel.send({"progress": fraction, "phase": phase})
        return not self._cancelled


def _answer(onnx: Path, plan: BuildPlan, engine: int, cache: int, teller: _Teller) -> dict[str, str]:
    earlier = os.pread(cache, os.fstat(cache).st_size, 0)
    try:
        from edge.engine.tensorrt.builder import build  # imports TensorRT, which may not be there
    except (ImportError, OSError) as error:
        return {"refused": NO_TENSORRT.format(error)}
    try:
        built = build(onnx.read_bytes(), plan, earlier, teller)
    except EngineError as error:
        return {"short": str(error)}
    except (ModelError, SettingsError) as error:
        return {"refused": str(error)}
    if built is None:
        return {"cancelled": "the build was cancelled"}
    write_all(engine, built.engine)
    os.ftruncate(cache, 0)
    write_all(cache, built.timing_cache)
    return {"built": str(plan)}


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C reaches the whole group; the parent decides
    die_with_parent()
    channel = Channel.inherited(int(sys.argv[1]))
    teller = _Teller(channel)
    signal.signal(signal.SIGTERM, lambda *_: teller.cancel())
    received = channel.receive()
    if received is None:
        return
    request, (engine, cache) = received
    channel.send(_answer(Path(request["onnx"]), BuildPlan(**request["plan"]), engine, cache, teller))


if __name__ == "__main__":
    main()
