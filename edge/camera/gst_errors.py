"""What ended a feed, in one sentence with what to do, out of what gst-launch-1.0 left on its error output."""

from __future__ import annotations

import re

from edge.config.camera_source import CameraSource

END_OF_FILE = "the end of the file"
# Of network cameras only: other sources say "not found" too, and mean something else.
_NETWORK = {
    "it wants a name and password: rtsp://name:password@host/path": r"Unauthorized|\b401\b",
    "it answers, but has no such stream: correct the path in camera.source": r"\b404\b|Not found",
    "it does not answer: check the address and the network": (
        r"Failed to connect|Could not (connect|resolve|open)|Connection (refused|timed out)|error on socket|data stream error"
    ),
}
# The first that is found names the cause; GStreamer's and argus's own words, in English (LC_ALL=C).
_CAUSES = {
    "busy: another program holds it, end that program": r"is busy|resource busy|EBUSY|Failed to allocate a buffer",
    "argus sees no such sensor: check the ribbon cable and camera.source": r"No cameras available|Invalid camera device",
    "argus cannot open the sensor: systemctl restart nvargus-daemon": r"Failed to create CaptureSession",
    # After the two above: whatever goes wrong, argus complains of its socket as it leaves.
    "argus is down: systemctl restart nvargus-daemon": r"nvargus-daemon failed|create ?camera ?provider|\(Argus\) Error",
    "no right to open it: a camera wants the service's user in the group video": r"Permission denied",
    "not there: plug it in, or correct camera.source": (
        r"Cannot identify device|No such (file|device)|Resource not found|was unplugged|Could not open (device|file)"
    ),
    "this mode does not exist: correct camera.width, height, fps or crop": (
        r"not-negotiated|Invalid (dimensions|caps)|could not link|does not support|cannot capture|Unable to set format"
    ),
    "GStreamer lacks a plugin for it: see edge-matting doctor": r"no element \"|missing a plug-in|No decoder|required plugin",
    "its stream cannot be decoded": r"Could not determine type|no known streams|demultiplex|c(ould not|annot) decode",
    "it stopped giving pictures: was it unplugged?": r"Could not read from resource|dequeue|poll error|data stream error",
}


def cause(source: CameraSource, code: int, said: str, silence: str | None = None) -> str:
    """Why the feed's process ended with `code` (negative: the signal that killed it) after it `said` all that.

    silence: that it was ended for giving no frames; only where it said nothing to explain that, it is the cause.
    """
    causes = {**_NETWORK, **_CAUSES} if source.kind == "rtsp" else _CAUSES
    for sentence, pattern in causes.items():
        if re.search(pattern, said, re.IGNORECASE):
            return sentence
    if silence is not None:
        return silence
    if code == 0:
        return "its stream ended" if source.live else END_OF_FILE
    if code < 0:
        return f"its process was killed by signal {-code}"
    errors = [line for line in said.splitlines() if line.startswith("ERROR")] or ["nothing was said"]
    return f"its process ended with code {code}: {errors[0][:200]}"
