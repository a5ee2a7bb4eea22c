"""The camera, kept open: its newest frame, and why there is none."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from edge.camera.elements import missing, on_jetson
from edge.camera.frame import Frame
from edge.camera.gdp import Caps
from edge.camera.gst_errors import END_OF_FILE, cause
from edge.camera.launch import command, elements, feed
from edge.camera.pipeline_process import PipelineProcess
from edge.camera.recovery import Recovery
from edge.config.camera import CameraOptions
from edge.config.camera_source import parse_source
from edge.ipc.latest import Latest
from matting.errors import CameraError
from matting.photo import U8

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FeedState:
    """flowing: frames come. cause: why none came last, "" if they always did. openings: how often it was opened."""

    flowing: bool
    cause: str
    openings: int


class Feed:
    """Call `poll` every now and then, from one long-lived thread; read `frames` from any.

    Raises (when made):
        CameraError: GStreamer, or an element that this source needs, is missing.
    """

    def __init__(self, options: CameraOptions) -> None:
        self.frames: Latest[Frame] = Latest()
        self._source = parse_source(options.source)
        self._expected = options.delivered
        stages = feed(options, self._source, jetson=on_jetson())
        lacking = missing(elements(stages))
        if lacking:
            raise CameraError("; ".join(str(each) for each in lacking))
        self._command = command(stages)
        self._recovery = Recovery()
        self._process: PipelineProcess | None = None
        self._cause = ""
        self._openings = self._number = 0

    @property
    def state(self) -> FeedState:
        return FeedState(self._process is not None and self._recovery.flowing, self._cause, self._openings)

    @property
    def pid(self) -> int | None:
        """Of the pipeline's process."""
        return None if self._process is None else self._process.pid

    def poll(self, now: float) -> None:
        """Open it when it is time; end it when it hangs; learn why it ended."""
        if self._process is None:
            if self._recovery.may_open(now):
                self._open(now)
            return
        flowed = self._recovery.flowing
        newest = self.frames.peek()
        if newest is not None:
            self._recovery.frame(newest.arrived)
        if self._recovery.flowing and not flowed:
            log.info("camera %s: frames of %s", self._source, newest.caps if newest else "")
        silence = self._recovery.silent(now)
        if silence is not None or self._process.ended:
            self._reap(self._process, silence, now)

    def close(self) -> None:
        self.frames.close()
        if self._process is not None:
            self._process.reap()
            self._process = None

    def _open(self, now: float) -> None:
        self._recovery.open(now)
        self._openings += 1
        self._process = PipelineProcess(self._command, self._expected, self._take)

    def _reap(self, process: PipelineProcess, silence: str | None, now: float) -> None:
        code, said, fault = process.reap()
        self._cause = fault or cause(self._source, code, said, silence)
        self._process = None
        self._recovery.fail(now, expected=self._cause == END_OF_FILE)
        level = logging.DEBUG if self._cause == END_OF_FILE else logging.WARNING
        log.log(level, "camera %s: %s; opened again in %.0f s", self._source, self._cause, self._recovery.until - now)

    def _take(self, raw: U8, caps: Caps, arrived: float) -> None:
        """On the thread that reads: there is one at a time."""
        self._number += 1
        self.frames.put(Frame(raw, caps, self._number, arrived))
