"""What ended a feed, in one sentence with what to do, out of what gst-launch-1.0 left on its error output."""

from __future__ import annotations

import re

from edge.camera.source import Source

END_OF_FILE = "the end of the file"
# The first that is found names the cause; GStreamer's and argus's own words, in English (LC_ALL=C).
_CAUSES = {
    "busy: another program holds it, end that program": r"is busy|resource busy|EBUSY|Failed to allocate a buffer",
    "argus is down: systemctl restart nvargus-daemon": r"Connecting to nvargus-daemon failed|\(Argus\).*(socket|connect)",
    "argus sees no such sensor: check the ribbon cable and camera.source": r"No cameras available|Invalid camera device",
    "argus cannot open the sensor: systemctl restart nvargus-daemon": r"Failed to create CaptureSession|\(Argus\) Error",
    "it wants a name and password: rtsp://name:password@host/path": r"Unauthorized|\b401\b",
    "it does not answer: check the address and the network": (
        r"Failed to connect|Could not (connect|resolve)|Connection (refused|timed out)|Not Found|resource for reading and writ"
    ),
    "not there: plug it in, or correct camera.source": (
        r"Cannot identify device|No such (file|device)|Resource not found|was unplugged|Could not open (device|file)"
    ),
    "this mode does not exist: correct camera.width, height, fps or crop": (
        r"not-negotiated|Invalid (dimensions|caps)|could not link|does not support|Unable to set format"
    ),
    "GStreamer lacks a plugin for it: see edge-matting doctor": r"no element \"|missing a plug-in|No decoder|required plugin",
    "its stream cannot be decoded": r"Could not determine type|no known streams|demultiplex|could not decode",
    "it stopped giving pictures: was it unplugged?": r"Could not read from resource|dequeue|poll error|data stream error",
}


def cause(source: Source, code: int, said: str, silence: str | None = None) -> str:
    """Why the feed's process ended with `code` (negative: the signal that killed it) after it `said` all that.

    silence: that it was ended for giving no frames; only where it said nothing to explain that, it is the cause.
    """
    for sentence, pattern in _CAUSES.items():
        if re.search(pattern, said, re.IGNORECASE):
            return sentence
    if silence is not None:
        return silence
    if code == 0:
        return "its stream ended" if source.live else END_OF_FILE
    if code < 0:
        return f"its process was killed by signal {-code}"
    last = said.strip().splitlines()[-1:] or ["nothing was said"]
    return f"its process ended with code {code}: {last[0][:200]}"
