"""The camera as the supervisor sees it: a process that is kept running, and says which pictures it has taken."""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from edge.camera.start_message import StartMessage
from edge.config.camera_source import parse_source
from edge.ipc.backoff import Pause
from edge.ipc.channel import Channel

log = logging.getLogger(__name__)

_SILENCE = 30.0  # seconds: a picture of 12 megapixels on a slow card, and the model's loading, take some of them
_FAREWELL = 6.0  # seconds: a film is finished before the end
# Frames come and go: each is given back to the kernel at once, instead of leaving holes that add up (edge.worker.process).
_MALLOC = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": str(1 << 20)}


@dataclass
class CameraManager:
    """Whatever becomes of the camera's process, the supervisor only ever sees that there is nothing to hear.

    state: what it last said of itself, for status and metrics; {"error": sentence} while it cannot run.
    """

    setup: StartMessage
    selector: selectors.BaseSelector
    state: dict[str, Any] = field(default_factory=dict)
    _channel: Channel | None = None
    _process: subprocess.Popen[bytes] | None = None
    _heard: float = 0.0
    _pause: Pause = field(default_factory=Pause)

    @property
    def told(self) -> dict[str, Any]:
        """Its part of the status: camera, camera_flowing, camera_bytes."""
        flowing = bool(self.state.get("flowing"))
        trouble = self.state.get("error") or self.state.get("cause") or "is being opened"
        name = self.state.get("camera") or parse_source(self.setup.options.source)  # without an RTSP password
        words = f"{name}: {'frames come' if flowing else trouble}"
        return {"camera": words, "camera_flowing": flowing, "camera_bytes": self.state.get("memory", 0)}

    def poll(self, now: float) -> None:
        """Start it where it is not running, with back-off; end it when it says nothing any more."""
        if self._process is None:
            if now >= self._pause.until:
                self._start(now)
        elif now - self._heard > _SILENCE:
            log.error("the camera's process said nothing for %.0f s and was ended", _SILENCE)
            self._process.kill()

    def taken(self) -> list[PurePosixPath]:
        """The pictures, as paths within the inbox, that were taken since the last call."""
        if self._channel is None:
            return []
        paths: list[PurePosixPath] = []
        with contextlib.suppress(BlockingIOError):
            while (received := self._channel.receive()) is not None:
                self._on_message(received[0], paths)
            self._reap()
        return paths

    def close(self) -> None:
        """End it, and with it GStreamer's process."""
        if self._process is not None:
            self._hang_up(_FAREWELL)

    def _start(self, now: float) -> None:
        self._channel, theirs = Channel.pair()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "edge.camera.process", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env={**os.environ, **_MALLOC},
        )
        theirs.close()
        self._channel.send(self.setup.to_message())
        self._heard = now
        self.selector.register(self._channel, selectors.EVENT_READ)

    def _on_message(self, message: dict[str, Any], paths: list[PurePosixPath]) -> None:
        self._heard = time.monotonic()
        if "taken" in message:
            paths.append(PurePosixPath(message["taken"]))
        elif "error" in message:
            self.state = {"error": message["message"]}
            log.error("no camera: %s", message["message"])
        else:
            self.state = message["state"]
            if self.state["flowing"]:
                self._pause.clear()

    def _reap(self) -> None:
        self._pause.fail(time.monotonic())
        code = self._hang_up(2.0)
        self.state = {"error": self.state.get("error", f"its process ended ({code})")}
        wait = self._pause.until - time.monotonic()
        log.warning("the camera's process ended (%s); started again in %.0f s", self.state["error"], wait)

    def _hang_up(self, patience: float) -> int:
        assert self._channel is not None and self._process is not None
        self.selector.unregister(self._channel)
        self._channel.close()
        try:
            code = self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._channel = self._process = None
        return code
