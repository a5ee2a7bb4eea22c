"""The camera's process: the feed, the shutter, and who may press it. One loop; it may be killed at any time.

It is started by the supervisor as `python -m edge.camera.process DESCRIPTOR`, writes pictures into the inbox, and tells
the supervisor of each; a message every second says that it lives, and how the camera is.
"""

from __future__ import annotations

import json
import logging
import os
import selectors
import time
from pathlib import Path, PurePosixPath

import cv2

from edge.board.rss import rss_bytes
from edge.camera.button import Button
from edge.camera.control import Control, Tell
from edge.camera.feed import Feed
from edge.camera.frame import Frame
from edge.camera.interval import Every, StandsStill
from edge.camera.live_on_demand import LiveOnDemand
from edge.camera.messages import (
    STREAM,
    TO_CAMERA,
    CameraFailed,
    CameraState,
    PhotoTaken,
    PictureRefused,
    PictureTaken,
    ShowLive,
    StartCamera,
    TakePicture,
)
from edge.camera.photo_file import store
from edge.camera.shutter import Shutter
from edge.camera.trigger import TriggerFolder
from edge.config.camera_source import parse_source
from edge.fs.files import make_folders
from edge.fs.names import SNAP
from edge.ipc.channel import Channel
from edge.ipc.messages import as_table
from edge.ipc.parent import parent_channel
from edge.monitoring.journald import set_up_logging
from matting import plugins
from matting.errors import CameraError, MattingError, OutputError

log = logging.getLogger(__name__)

INTERVAL = "interval"
_MOST_WAITING = 20  # pictures of the interval that may wait in the inbox: beyond, more of them would only fill the disk
_IDLE, _BUSY, _BEAT = 0.2, 0.02, 1.0  # seconds


class CameraProcess:
    """Built in the child, run once."""

    def __init__(self, channel: Channel, start: StartCamera) -> None:
        options = start.options
        self._channel = channel
        self._start = start
        self._alive = True
        self._next_beat = 0.0
        self._selector = selectors.DefaultSelector()
        self._selector.register(channel, selectors.EVENT_READ, self._on_parent)
        self._feed = Feed(options)
        self._shutter = Shutter()
        self._control = Control(start.state, self._selector, self._on_line)
        self._trigger = self._open_trigger()
        self._every = Every(options.interval) if options.interval else None
        self._still = StandsStill(options.person) if options.person else None
        self._button = self._open_button()
        self._live = LiveOnDemand(start, self._feed.frames)
        self._last_seen = 0

    def run(self) -> None:
        """Until the supervisor hangs up."""
        try:
            while self._alive:
                now = time.monotonic()
                self._feed.poll(now)
                self._live.poll(now)
                self._look_around(now)
                self._serve_shutter(now)
                self._beat(now)
                for key, _ in self._selector.select(_BUSY if self._shutter.busy else _IDLE):
                    key.data()
        finally:
            self._control.close()
            self._feed.close()
            self._live.close()

    def _on_parent(self) -> None:
        """It asks for a picture or for live video, or hangs up."""
        received = self._channel.receive()
        if received is None:
            self._alive = False
        elif isinstance(received.message, ShowLive):
            self._live.show(received.message.viewer, received.files[STREAM])
        else:
            self._take_picture(received.message)

    def _take_picture(self, request: TakePicture) -> None:
        def tell(line: str) -> None:
            word, _, rest = line.partition(" ")
            if word == "taken":
                self._channel.send(PictureTaken(request.number, PurePosixPath(rest)))
            elif word == "error":
                self._channel.send(PictureRefused(request.number, rest))

        self._press(["1", str(request.countdown)], tell)

    def _beat(self, now: float) -> None:
        if now >= self._next_beat:
            self._next_beat = now + _BEAT
            self._channel.send(self._state())

    def _state(self) -> CameraState:
        pid = self._feed.pid
        return CameraState(
            camera=str(parse_source(self._start.options.source)),
            flowing=self._feed.state.flowing,
            cause=self._feed.state.cause,
            openings=self._feed.state.openings,
            memory=rss_bytes() + (rss_bytes(pid) if pid else 0),
            live=self._live.pace(),
            live_fault=self._live.fault,
        )

    # -- who presses -----------------------------------------------------------------------------------------------

    def _on_line(self, line: str, tell: Tell) -> None:
        word, *numbers = line.split()[:3] or [""]
        if word == "status":
            tell(json.dumps(as_table(self._state())))
        elif word == "snap":
            self._press(numbers, tell)
        else:
            tell("error say: snap [COUNT [COUNTDOWN]], or: status")

    def _press(self, numbers: list[str], tell: Tell) -> None:
        options = self._start.options
        try:
            count = int(numbers[0]) if numbers else options.burst
            countdown = float(numbers[1]) if len(numbers) > 1 else options.countdown
            self._shutter.press(time.monotonic(), count, countdown, tell)
        except ValueError:
            tell("error COUNT is a whole number, COUNTDOWN a number of seconds")
        except CameraError as error:
            tell(f"error {error}")

    def _open_trigger(self) -> TriggerFolder | None:
        """Made where it is missing. One that cannot be is told of, and is looked into all the same: it may come later."""
        if self._start.options.trigger is None:
            return None
        folder = Path(self._start.options.trigger)
        try:
            make_folders(folder)
        except OSError as error:
            log.error("the folder camera.trigger %s cannot be made: %s; make it by hand", folder, error.strerror)
        return TriggerFolder(folder)

    def _open_button(self) -> Button | None:
        """A button that cannot be used is told of, and the other ways to press remain."""
        if self._start.options.button is None:
            return None
        try:
            button = Button(*self._start.options.button)
        except CameraError as error:
            log.error("%s", error)
            return None
        self._selector.register(button, selectors.EVENT_READ, self._button_pressed)
        return button

    def _button_pressed(self) -> None:
        if self._button is not None and self._button.pressed():
            self._press([], lambda text: log.info("button: %s", text))

    def _look_around(self, now: float) -> None:
        if self._trigger is not None and self._trigger.touched():
            self._press([], lambda text: log.info("trigger: %s", text))
        frame = self._feed.frames.peek()
        if frame is not None and self._feed.state.flowing and (self._interval_due(now) or self._person_stands_still()):
            self._keep_unasked(frame)

    def _interval_due(self, now: float) -> bool:
        return self._every is not None and self._every.due(now)

    def _person_stands_still(self) -> bool:
        seen = self._live.seen
        if self._still is None or seen is None or seen.number == self._last_seen:
            return False
        self._last_seen = seen.number
        return self._still.due(seen.arrived, seen.present, seen.motion)

    # -- pictures --------------------------------------------------------------------------------------------------

    def _serve_shutter(self, now: float) -> None:
        self._shutter.count_down(now)
        since = self._shutter.wants(now)
        if since is None:
            return
        frame = self._feed.frames.peek()
        if frame is None or frame.arrived < since:
            self._shutter.give_up(now, f"the camera gives no picture: {self._feed.state.cause or 'it is being opened'}")
            return
        try:
            path = self._keep(frame, SNAP)
        except MattingError as error:
            self._shutter.fail(str(error))
        else:
            self._shutter.took(time.monotonic(), str(path))

    def _keep_unasked(self, frame: Frame) -> None:
        folder = self._start.inbox / INTERVAL
        if folder.is_dir() and sum(1 for _ in folder.iterdir()) >= _MOST_WAITING:
            log.warning("no picture: %d of the interval wait in the inbox already", _MOST_WAITING)
            return
        try:
            self._keep(frame, INTERVAL)
        except OutputError as error:
            log.warning("no picture: %s", error)

    def _keep(self, frame: Frame, folder: str) -> PurePosixPath:
        path = store(frame, self._start.inbox, folder)
        log.info("taken %s, %s", path, frame.caps)
        self._channel.send(PhotoTaken(path))
        return path


def main() -> None:
    cv2.setNumThreads(1)
    channel = parent_channel(TO_CAMERA)
    received = channel.receive()
    if received is None:
        return
    start: StartCamera = received.message
    set_up_logging(start.log_level)
    try:
        plugins.load()
        camera = CameraProcess(channel, start)
    except MattingError as error:
        channel.send(CameraFailed(str(error)))
        return
    try:
        camera.run()
    except MattingError as error:
        log.error("%s", error)
        channel.send(CameraFailed(str(error)))
        os._exit(1)  # a thread may be stuck, and would be waited for


if __name__ == "__main__":
    main()
