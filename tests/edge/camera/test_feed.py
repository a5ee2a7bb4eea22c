"""The feed with a real GStreamer: what comes, how it looks, and why it does not come."""

from __future__ import annotations

import dataclasses
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edge.camera.elements import missing
from edge.camera.feed import Feed
from edge.camera.frame import Frame, length
from edge.camera.gdp import HEADER, BrokenStream, Caps, Kind, caps, packet
from edge.camera.launch import command, elements, feed, quoted
from edge.config.camera import CameraOptions
from edge.config.camera_source import parse_source
from tests.edge.camera.films import Film

pytestmark = pytest.mark.usefixtures("gstreamer")


def until(feed: Feed, condition: Callable[[], object], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited in vain: {feed.state}"
        feed.poll(time.monotonic())
        time.sleep(0.02)


def first(options: CameraOptions) -> Frame:
    feed = Feed(options)
    until(feed, feed.frames.peek)
    frame = feed.frames.peek()
    feed.close()
    assert frame is not None
    return frame


@pytest.mark.parametrize("size", [(640, 480), (641, 479), (1280, 720)])
@pytest.mark.parametrize(("pattern", "colour"), [("red", (255, 0, 0)), ("green", (0, 255, 0)), ("blue", (0, 0, 255))])
def test_colours_are_what_they_were_at_every_size(pattern: str, colour: tuple[int, ...], size: tuple[int, int]) -> None:
    rgb = first(CameraOptions(f"test://{pattern}", *size)).rgb()
    assert rgb.shape == (size[1], size[0], 3)
    assert np.abs(rgb.astype(int) - colour).max() <= 3


def test_every_matrix_and_range_gives_the_same_grey_and_its_own_red() -> None:
    grey = np.full(length(Caps(64, 64)), 128, np.uint8)
    for colorimetry in ("bt601", "bt709", "bt2020", "1:4:0:0", "2:3:5:1", ""):
        rgb = Frame(grey, Caps(64, 64, colorimetry), 1, 0.0).rgb()
        assert np.ptp(rgb) == 0 and rgb[0, 0, 0] == (128 if colorimetry == "1:4:0:0" else 130)


def test_flip_and_crop_are_carried_out_in_this_order() -> None:
    bars = first(CameraOptions("test://smpte", 640, 480)).rgb()
    turned = first(CameraOptions("test://smpte", 640, 480, flip="rotate-90")).rgb()
    assert np.abs(turned.astype(int) - np.rot90(bars, -1)).mean() < 8
    part = first(CameraOptions("test://smpte", 640, 480, flip="mirror", crop=(20, 40, 202, 101))).rgb()
    assert np.abs(part.astype(int) - bars[:, ::-1][40:141, 20:222]).mean() < 8


def test_a_film_comes_in_its_order_and_its_colours(film: Film) -> None:
    rgb = first(CameraOptions(str(film.path))).rgb()
    assert min(np.abs(rgb.astype(int) - frame).mean() for frame in film.frames[:20]) < 6


def test_a_film_whose_name_is_full_of_syntax_is_played(film: Film, tmp_path: Path) -> None:
    odd = tmp_path / 'a "b" ! c \\ d,e=f.mp4'
    odd.symlink_to(film.path)
    assert first(CameraOptions(str(odd))).caps.width == 640


def test_other_sizes_and_rates_of_a_film_are_made(film: Film) -> None:
    assert str(first(CameraOptions(str(film.path), 320, 180, 5)).caps) == "320x180"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("v4l2:///dev/video99", "not there: plug it in"),
        ("v4l2:///dev/null", "not there|stopped|code"),
        ("nobody.mp4", "not there"),
        ("rtsp://127.0.0.1:9/x", "does not answer"),
    ],
)
def test_what_is_not_there_is_told_as_such(source: str, words: str, tmp_path: Path) -> None:
    feed = Feed(CameraOptions(str(tmp_path / source) if "://" not in source else source))
    until(feed, lambda: feed.state.cause)
    feed.close()
    assert re.search(words, feed.state.cause), feed.state.cause
    assert not feed.state.flowing


def test_a_mode_that_does_not_exist_is_told_as_such() -> None:
    feed = Feed(CameraOptions("test://", 320, 240, crop=(300, 0, 320, 240)))
    until(feed, lambda: feed.state.cause)
    feed.close()
    assert "this mode does not exist" in feed.state.cause


def test_no_video_at_all_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no film" * 1000)
    feed = Feed(CameraOptions(str(tmp_path / "a.mp4")))
    until(feed, lambda: feed.state.cause)
    feed.close()
    assert "cannot be decoded" in feed.state.cause


@pytest.mark.slow
@pytest.mark.parametrize(("number", "words"), [(signal.SIGKILL, "killed by signal 9"), (signal.SIGSTOP, "no frame for 3 s")])
def test_a_killed_or_frozen_feed_comes_back(number: signal.Signals, words: str) -> None:
    feed = Feed(CameraOptions("test://", 320, 240))
    until(feed, lambda: feed.state.flowing)
    assert feed.pid is not None
    os.kill(feed.pid, number)
    until(feed, lambda: feed.state.cause)
    assert words in feed.state.cause
    until(feed, lambda: feed.state.flowing and feed.state.openings == 2)
    feed.close()


def test_a_size_that_changes_in_the_stream_ends_the_run(film: Film) -> None:
    feed = Feed(CameraOptions(str(film.changing)))
    until(feed, lambda: "instead of" in feed.state.cause)
    feed.close()
    assert feed.state.cause == "its pictures are 320x180 instead of 640x360"


def test_the_newest_frame_is_kept_and_no_other() -> None:
    feed = Feed(CameraOptions("test://", 320, 240, 30))
    until(feed, feed.frames.peek)
    time.sleep(1.0)
    newest = feed.frames.peek()
    feed.close()
    assert newest is not None and newest.number > 10
    assert feed.frames.after(newest.number, 5.0) is None, "closed: nobody waits any longer"


def test_closing_leaves_no_process_behind() -> None:
    feed = Feed(CameraOptions("test://", 320, 240))
    until(feed, lambda: feed.state.flowing)
    pid = feed.pid
    feed.close()
    assert pid is not None and not Path(f"/proc/{pid}").exists()


def test_jetsons_pipeline_names_the_package_of_each_element_that_is_not_here() -> None:
    options = CameraOptions("csi://0", 1920, 1080, 30, "rotate-180")
    stages = feed(options, parse_source("csi://0"), jetson=True)
    lacking = missing(elements(stages))
    if not lacking:
        pytest.skip("a Jetson: nothing is missing here")
    assert {(each.element, each.package) for each in lacking} == {
        ("nvarguscamerasrc", "nvidia-l4t-gstreamer"),
        ("nvvidconv", "nvidia-l4t-gstreamer"),
    }
    words = " ".join(command(stages))
    assert "sensor-id=0" in words and "flip-method=2" in words and "memory:NVMM" in words


@pytest.mark.parametrize("kind", ["video/x-raw", "image/jpeg"])
def test_a_usb_cameras_pipeline_takes_raw_pictures_and_jpeg(kind: str) -> None:
    """Everything but the camera itself: videotestsrc stands in for v4l2src, which needs a device that is not here."""
    options = CameraOptions("v4l2:///dev/video0", 640, 480, 30)
    stages = feed(options, parse_source(options.source), jetson=False)
    camera = [["videotestsrc", "num-buffers=3", "pattern=red"], ["capsfilter", f"caps={quoted('video/x-raw,format=YUY2')}"]]
    encoder = [["videoconvert"], ["jpegenc"]] if kind == "image/jpeg" else []
    made = subprocess.run(command([*camera, *encoder, *stages[1:]]), capture_output=True, check=False)
    assert made.returncode == 0, made.stderr
    data, sizes = made.stdout, []
    while data:
        coming = packet(data[:HEADER])
        payload, data = data[HEADER : HEADER + coming.length], data[HEADER + coming.length :]
        sizes.append(str(caps(payload)) if coming.kind is Kind.CAPS else len(payload) if coming.kind is Kind.PICTURE else None)
    sent = [size for size in sizes if size]
    # A busy machine may drop a picture on the way: only the newest counts.
    assert sent[0] == "640x480" and 1 <= len(sent[1:]) <= 3 and set(sent[1:]) == {length(Caps(640, 480))}


def test_what_is_not_the_protocol_is_refused() -> None:
    with pytest.raises(BrokenStream):
        packet(b"RIFF" + bytes(58))
    with pytest.raises(BrokenStream):
        packet(bytes([1, 0, 1, 0, 0, 1]) + (1 << 31).to_bytes(4, "big") + bytes(52))
    with pytest.raises(BrokenStream, match="NV12"):
        caps(b"video/x-raw, format=(string)NV12, width=(int)4, height=(int)4\0")
    with pytest.raises(BrokenStream):
        caps(b"audio/x-raw\0")
    assert dataclasses.astuple(caps(b"video/x-raw, format=I420, width=(int)4, height=(int)6, colorimetry=(string)bt709")) == (
        4,
        6,
        "bt709",
    )


def test_a_network_cameras_stream_comes_and_a_wrong_path_is_told(rtsp: str, film: Film) -> None:
    rgb = first(CameraOptions(rtsp)).rgb()
    assert min(np.abs(rgb.astype(int) - frame).mean() for frame in film.frames) < 8
    feed = Feed(CameraOptions(rtsp + "/nothing"))
    until(feed, lambda: feed.state.cause)
    feed.close()
    assert "no such stream" in feed.state.cause
