"""All that looks at frames with the network: who is there, and live video with its ways out."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from edge.camera.frame import Frame
from edge.camera.gst_output import GstOutput, to_device, to_file
from edge.camera.live import Live, background
from edge.camera.matting_thread import MattedFrame, MattingThread
from edge.camera.messages import Pace, StartCamera
from edge.config.camera import LiveOptions
from edge.fs.names import free_names
from edge.ipc.latest import Latest
from matting.backgrounds.base import Background
from matting.engines.registry import open_engine
from matting.errors import CameraError, EngineError, MattingError
from matting.model import load_model

if TYPE_CHECKING:
    from edge.http.server import HttpServer

_STUCK = 30.0  # seconds that a thread may spend on one frame
_GLANCE = 0.25  # seconds between two looks, where nothing but a person's presence is asked


class LiveView:
    """Runs from its making until `close`.

    Raises (when made):
        MattingError: no model, no engine, or no background.
    """

    def __init__(self, start: StartCamera, frames: Latest[Frame]) -> None:
        live = start.options.live
        model = load_model(start.model)
        # One thread: the service's worker and the camera share the cores, neither takes them all.
        engine = open_engine(start.engine, model, threads=1)
        pause = 0.0 if live.wanted else _GLANCE
        self._matting_thread = MattingThread(frames, engine, model, height=live.height, steady=live.steady, pause=pause)
        self._threads: list[threading.Thread] = [self._matting_thread]
        self._live: Live | None = None
        self._server: HttpServer | None = None
        if live.wanted:
            self._open(live)
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
    def fault(self) -> str:
        """Why nobody can see live video over HTTP, "" where they can or nobody asked for it."""
        return "" if self._server is None else self._server.fault

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
        if self._server is not None:
            self._server.close()
        for thread in self._threads:
            thread.join(5.0)

    def _open(self, live: LiveOptions) -> None:
        self._live = Live(self._matting_thread.seen, _background(live.background))
        pictures = self._live.pictures
        self._threads.append(self._live)
        if live.address is not None:
            from edge.http.live_pictures import live_server  # asyncio takes memory that only those pay who asked for it

            self._server = live_server(live.address, pictures)
        if live.device is not None:
            device = live.device
            self._threads.append(GstOutput(device, pictures, lambda: to_device(device)))
        if live.file is not None:
            file = Path(live.file)
            self._threads.append(GstOutput(live.file, pictures, lambda: to_file(str(_free(file)))))


def _background(text: str) -> Background:
    try:
        return background(text)
    except (OSError, MattingError) as error:
        raise CameraError(f"live.background {text} cannot be used: {error}") from error


def _free(file: Path) -> Path:
    """An earlier film is not written over."""
    return free_names(file.stem, [(file.parent, file.suffix)])[0]
