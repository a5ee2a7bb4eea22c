"""All that looks at frames with the network: who is there, and live video with its ways out."""

from __future__ import annotations

import threading
from pathlib import Path

from edge.camera.frame import Frame
from edge.camera.gst_output import GstOutput, to_device, to_file
from edge.camera.live import Live, background
from edge.camera.matting_thread import MattedFrame, MattingThread
from edge.camera.messages import Pace, StartCamera
from edge.camera.viewer import Viewer
from edge.config.camera import LiveOptions
from edge.fs.names import free_names
from edge.ipc.latest import Latest
from matting.backgrounds.base import Background
from matting.engines.registry import open_engine
from matting.errors import CameraError, EngineError, MattingError
from matting.model import load_model

_STUCK = 30.0  # seconds that a thread may spend on one frame
_GLANCE = 0.25  # seconds between two looks, where nothing but a person's presence is asked


class LiveView:
    """Runs from its making until `close`. live: whether live video is made; else it only looks who is there.

    Raises (when made):
        MattingError: no model, no engine, or no background.
    """

    def __init__(self, start: StartCamera, frames: Latest[Frame], *, live: bool) -> None:
        options = start.options.live
        model = load_model(start.model)
        # Live video has all cores that the kernel gives it beside the worker; a glance now and then takes one.
        self._cores = start.threads if live else 1
        engine = open_engine(start.engine, model, self._cores)
        pause = 0.0 if live else _GLANCE
        self._matting_thread = MattingThread(frames, engine, model, height=options.height, steady=options.steady, pause=pause)
        self._threads: list[threading.Thread] = [self._matting_thread]
        self._live: Live | None = None
        self._viewers: dict[str, Viewer] = {}
        if live:
            self._live = self._open(options)
        for thread in self._threads:
            thread.start()

    @property
    def seen(self) -> MattedFrame | None:
        """The frame that was looked at last."""
        return self._matting_thread.seen.peek()

    def pace(self) -> Pace | None:
        """Of live video, None without it."""
        return None if self._live is None else self._live.pace()

    @property
    def is_live(self) -> bool:
        return self._live is not None

    @property
    def watched(self) -> bool:
        """Whether another process takes the pictures."""
        return any(viewer.is_alive() for viewer in self._viewers.values())

    def show(self, viewer: str, stream: int) -> None:
        """Send live pictures into that stream, for as long as anybody takes them. Only where it is live."""
        assert self._live is not None
        if viewer in self._viewers:
            self._viewers[viewer].close()
        self._viewers[viewer] = Viewer(stream, self._live.pictures)
        self._viewers[viewer].start()

    def check(self, now: float) -> None:
        """Whether all goes well.

        Raises:
            EngineError: a thread ended, or is stuck in a frame: the process must end too.
        """
        if not all(thread.is_alive() for thread in self._threads):
            raise EngineError("live video failed, the reason stands above")
        if self._matting_thread.busy_for(now) > _STUCK:
            raise EngineError(f"the network has been at one frame for {_STUCK:g} s")

    def close(self) -> None:
        """Files are finished before this returns, unless somebody hangs."""
        self._matting_thread.close()
        for thread in self._threads:
            thread.join(5.0)

    def _open(self, options: LiveOptions) -> Live:
        live = Live(self._matting_thread.seen, _background(options.background), self._cores)
        self._threads.append(live)
        if options.device is not None:
            device = options.device
            self._threads.append(GstOutput(device, live.pictures, lambda: to_device(device)))
        if options.file is not None:
            file = Path(options.file)
            self._threads.append(GstOutput(options.file, live.pictures, lambda: to_file(str(_free(file)))))
        return live


def _background(text: str) -> Background:
    try:
        return background(text)
    except (OSError, MattingError) as error:
        raise CameraError(f"live.background {text} cannot be used: {error}") from error


def _free(file: Path) -> Path:
    """An earlier film is not written over."""
    return free_names(file.stem, [(file.parent, file.suffix)])[0]
