"""Live pictures into a v4l2loopback device or a Matroska file, by a GStreamer process that takes JPEGs on its input."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import select
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable

from edge.camera.launch import Stage, command, quoted
from edge.camera.live_frame import LiveFrame
from edge.ipc.backoff import Pause
from edge.ipc.latest import Latest

log = logging.getLogger(__name__)

_STUCK = 5.0  # seconds in which the process must take a picture
_PROVEN = 5.0  # seconds after which a process counts as one that works
_FAREWELL = 4.0  # seconds to finish its file
_COMPLAINT = re.compile(r"(?:ERROR|WARNING): (?:from element \S+: )?(.*?)\.?$")
_PICTURES: list[Stage] = [["fdsrc", "fd=0", "do-timestamp=true"], ["jpegparse"]]


def to_device(device: str) -> list[Stage]:
    """The pipeline that shows JPEGs on a v4l2loopback device, as the YUY2 that every program reads."""
    caps = ["capsfilter", f"caps={quoted('video/x-raw,format=YUY2')}"]
    return [*_PICTURES, ["jpegdec"], ["videoconvert"], caps, ["v4l2sink", f"device={quoted(device)}", "sync=false"]]


def to_file(path: str) -> list[Stage]:
    """The pipeline that keeps JPEGs in a Matroska file with the times at which they came."""
    return [*_PICTURES, ["matroskamux"], ["filesink", f"location={quoted(path)}"]]


class GstOutput(threading.Thread):
    """Feeds one such process, and starts another, with back-off, when it ends or takes nothing any more.

    stages: gives the pipeline of each start. name: for the log.
    """

    def __init__(self, name: str, pictures: Latest[LiveFrame], stages: Callable[[], list[Stage]]) -> None:
        super().__init__(name="gst-output", daemon=True)
        self._label = name
        self._pictures = pictures
        self._stages = stages
        self._pause = Pause()

    def run(self) -> None:
        """Until the pictures are closed."""
        while not self._pictures.closed:
            with tempfile.TemporaryFile() as said:
                process = subprocess.Popen(
                    command(self._stages()), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said, bufsize=0
                )
                self._feed(process)
                _end(process)
                if not self._pictures.closed:
                    self._wait(_last_error(said.fileno()))

    def _feed(self, process: subprocess.Popen[bytes]) -> None:
        """LiveFrame after picture, until it ends, sticks, or there are no more."""
        assert process.stdin is not None
        pipe = process.stdin.fileno()
        os.set_blocking(pipe, False)
        number, started = 0, time.monotonic()
        while not self._pictures.closed and process.poll() is None:
            picture = self._pictures.after(number, 0.5)
            if picture is not None:
                number = picture.number
                if not _written(pipe, picture.jpeg):
                    return
                if time.monotonic() - started > _PROVEN:
                    self._pause.clear()

    def _wait(self, why: str) -> None:
        now = time.monotonic()
        self._pause.fail(now)
        log.warning("live video to %s: %s; again in %.0f s", self._label, why, self._pause.until - now)
        while time.monotonic() < self._pause.until and not self._pictures.closed:
            time.sleep(0.1)


def _written(pipe: int, data: bytes) -> bool:
    """False when nobody takes it."""
    view = memoryview(data)
    while view:
        if not select.select([], [pipe], [], _STUCK)[1]:
            return False
        try:
            view = view[os.write(pipe, view) :]
        except BlockingIOError:
            continue
        except OSError:
            return False
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    with contextlib.suppress(OSError):
        process.stdin.close()
    try:
        process.wait(_FAREWELL)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _last_error(said: int) -> str:
    """What the process complained of, in one line."""
    os.lseek(said, 0, os.SEEK_SET)
    lines = os.read(said, 1 << 16).decode("utf-8", "replace").splitlines()
    errors = [found[1] for line in lines if (found := _COMPLAINT.match(line))]
    return errors[0] if errors else "its process ended"
