"""What GStreamer and argus say, as users of theirs have reported it, and what an operator is told of it."""

from __future__ import annotations

import pytest

from edge.camera.gst_errors import END_OF_FILE, cause
from edge.config.camera_source import parse_source

_V4L2 = "ERROR: from element /GstPipeline:pipeline0/GstV4l2Src:v4l2src0: "
_ARGUS_EXIT = (
    "(Argus) Error EndOfFile: Unexpected error in reading socket (in src/rpc/socket/client/ClientSocketManager.cpp)\n"
)


@pytest.mark.parametrize(
    ("source", "said", "told"),
    [
        ("v4l2:///dev/video0", _V4L2 + "Device '/dev/video0' is busy\nCall to S_FMT failed for YUYV @ 640x480", "busy"),
        ("v4l2:///dev/video0", _V4L2 + "Failed to allocate a buffer", "busy"),
        (
            "v4l2:///dev/video0",
            _V4L2 + "Cannot identify device '/dev/video0'.\nsystem error: No such file or directory",
            "not there",
        ),
        ("v4l2:///dev/video0", _V4L2 + "Could not read from resource.\npoll error 1: No such device (19)", "not there"),
        ("v4l2:///dev/video0", _V4L2 + "Could not read from resource.", "it stopped giving pictures"),
        ("v4l2:///dev/video0", _V4L2 + "Internal data stream error.\nreason not-negotiated (-4)", "this mode does not exist"),
        ("v4l2:///dev/video0", _V4L2 + "Device '/dev/video0' cannot capture at 641x480", "this mode does not exist"),
        (
            "v4l2:///dev/video0",
            _V4L2 + "Could not open device '/dev/video0' for reading and writing.\nPermission denied",
            "no right",
        ),
        (
            "csi://0",
            "(Argus) Error FileOperationFailed: Connecting to nvargus-daemon failed: No such file or directory",
            "argus is down",
        ),
        ("csi://0", "(Argus) Error FileOperationFailed: Failed socket read: Connection reset by peer", "argus is down"),
        ("csi://0", "Error generated. gstnvarguscamerasrc.cpp, execute:551 Failed to create CameraProvider", "argus is down"),
        ("csi://1", f"gstnvarguscamerasrc.cpp, execute:751 No cameras available\n{_ARGUS_EXIT}", "argus sees no such sensor"),
        ("csi://0", f"execute:656 Failed to create CaptureSession\n{_ARGUS_EXIT}", "argus cannot open the sensor"),
        ("csi://0", _ARGUS_EXIT, "argus is down"),
        ("rtsp://10.0.0.9/a", "Could not open resource for reading and writing.\nUnauthorized (401)", "it wants a name"),
        ("rtsp://10.0.0.9/a", "Not found\nThe server replied 404", "it answers, but has no such stream"),
        (
            "rtsp://10.0.0.9/a",
            "Failed to connect. (Generic error)\nCould not connect to 10.0.0.9: Timed out",
            "it does not answer",
        ),
        (
            "a.mp4",
            "Your GStreamer installation is missing a plug-in.\nno suitable plugins found: H.265",
            "GStreamer lacks a plugin",
        ),
        ("a.mp4", "Could not determine type of stream.", "its stream cannot be decoded"),
    ],
)
def test_the_cause_is_told_in_words_that_help(source: str, said: str, told: str) -> None:
    assert cause(parse_source(source), 1, said).startswith(told)


def test_what_says_nothing_is_told_by_how_it_ended() -> None:
    camera, film = parse_source("csi://0"), parse_source("a.mp4")
    assert cause(camera, 0, "") == "its stream ended"
    assert cause(film, 0, "") == END_OF_FILE
    assert cause(camera, -11, "") == "its process was killed by signal 11"
    assert cause(camera, 1, "WARNING: a\nERROR: of a new kind\nb") == "its process ended with code 1: ERROR: of a new kind"
    assert cause(camera, -9, "", "no frame for 3 s") == "no frame for 3 s"
    assert cause(camera, -9, "Device '/dev/video0' is busy", "no frame for 3 s").startswith("busy"), "its own words go first"
