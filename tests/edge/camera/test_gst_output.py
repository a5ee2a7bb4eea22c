"""Live video's ways out by GStreamer. v4l2loopback is a kernel module that is not here: its pipeline runs with a file in
place of the device, and the real v4l2sink is only seen to be told of the right device."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import simplejpeg

from edge.camera.elements import missing
from edge.camera.gst_output import GstOutput, to_device, to_file
from edge.camera.launch import Stage, elements
from edge.camera.live_frame import LiveFrame
from edge.ipc.latest import Latest

pytestmark = pytest.mark.usefixtures("gstreamer")
_RED = np.full((240, 320, 3), (255, 0, 0), np.uint8)


def shown(stages: Callable[[], list[Stage]], until: Callable[[], object], seconds: float = 30.0) -> None:
    """Red pictures into an output, ten a second, until something holds."""
    pictures: Latest[LiveFrame] = Latest()
    output = GstOutput("the device", pictures, stages)
    output.start()
    end, number = time.monotonic() + seconds, 0
    while not until():
        assert time.monotonic() < end, "waited in vain"
        number += 1
        pictures.put(LiveFrame(number, simplejpeg.encode_jpeg(_RED, 90)))
        time.sleep(0.1)
    pictures.close()
    output.join(20)
    assert not output.is_alive()


def size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def test_a_device_is_given_yuy2_as_every_program_reads_it(tmp_path: Path) -> None:
    raw, frame = tmp_path / "raw", 320 * 240 * 2
    stages = [*to_device("/dev/video9")[:-1], ["filesink", f"location={raw}", "buffer-mode=unbuffered"]]
    shown(lambda: stages, lambda: size(raw) >= 3 * frame)
    data = raw.read_bytes()
    assert len(data) % frame == 0
    yuy2 = np.frombuffer(data[:frame], np.uint8).reshape(240, 320, 2)
    rgb = cv2.cvtColor(yuy2, cv2.COLOR_YUV2RGB_YUY2).astype(int)
    assert np.abs(rgb - _RED).max() < 12


def test_a_device_that_is_missing_is_told_by_its_name_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    stages = to_device("/dev/video99")
    assert missing(elements(stages)) == []
    with caplog.at_level(logging.WARNING):
        shown(lambda: stages, lambda: len(caplog.records) == 2)
    assert caplog.messages == [
        f"live video to the device: Cannot identify device '/dev/video99'; again in {wait} s" for wait in (1, 2)
    ]


def test_a_way_out_that_comes_back_is_used_again_and_its_film_is_whole(tmp_path: Path) -> None:
    film = tmp_path / 'a "b" !.mkv'
    ways = iter([to_file(str(tmp_path / "no such folder" / "a.mkv"))])
    shown(lambda: next(ways, to_file(str(film))), lambda: size(film) > 20_000)
    plain = film.rename(tmp_path / "film.mkv")
    client, frames = cv2.VideoCapture(str(plain)), 0
    while (read := client.read())[0]:
        assert np.abs(read[1][..., ::-1].astype(int) - _RED).max() < 12
        frames += 1
    assert frames >= 5
