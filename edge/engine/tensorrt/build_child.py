"""The process that builds: `python -m edge.engine.tensorrt.build_child CHANNEL`. It never imports torch, and may be killed at
any time. The messages stand in edge/engine/messages.py. SIGTERM cancels.
"""

from __future__ import annotations

import os
import signal

from edge.engine.messages import ENGINE, TIMING_CACHE, TO_BUILD, BuildEnded, BuildProgress, StartBuild
from edge.engine.tensorrt.probe import NO_TENSORRT
from edge.fs.files import write_all
from edge.ipc.channel import Channel
from edge.ipc.parent import parent_channel
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
            self._channel.send(BuildProgress(fraction, phase))
        return not self._cancelled


def _answer(start: StartBuild, engine: int, cache: int, teller: _Teller) -> BuildEnded:
    earlier = os.pread(cache, os.fstat(cache).st_size, 0)
    try:
        from edge.engine.tensorrt.builder import build  # imports TensorRT, which may not be there
    except (ImportError, OSError) as error:
        return BuildEnded("refused", NO_TENSORRT.format(error))
    try:
        built = build(start.onnx.read_bytes(), start.plan, earlier, teller)
    except EngineError as error:
        return BuildEnded("short", str(error))
    except (ModelError, SettingsError) as error:
        return BuildEnded("refused", str(error))
    if built is None:
        return BuildEnded("cancelled", "the build was cancelled")
    write_all(engine, built.engine)
    os.ftruncate(cache, 0)
    write_all(cache, built.timing_cache)
    return BuildEnded("built", str(start.plan))


def main() -> None:
    channel = parent_channel(TO_BUILD)
    teller = _Teller(channel)
    signal.signal(signal.SIGTERM, lambda *_: teller.cancel())
    received = channel.receive()
    if received is not None:
        channel.send(_answer(received.message, received.files[ENGINE], received.files[TIMING_CACHE], teller))


if __name__ == "__main__":
    main()
