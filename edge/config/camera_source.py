"""Where pictures come from, as operators write it: csi://0, /dev/video0, rtsp://…, a video file, test://."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

Kind = Literal["csi", "v4l2", "rtsp", "file", "test"]
EXPECTED = '"csi://0", "/dev/video0", "rtsp://host/path", a video file or "test://"'
PATTERNS = ("smpte", "ball", "snow", "black", "white", "red", "green", "blue", "circular", "colors")


@dataclass(frozen=True, slots=True)
class CameraSource:
    """place: the sensor's number, the device, the URL, the file, or the test pattern's name."""

    kind: Kind
    location: str

    @property
    def live(self) -> bool:
        """Whether it goes on whether or not anybody looks; a file waits."""
        return self.kind != "file"

    @property
    def chooses_mode(self) -> bool:
        """Whether it can be told a size and a rate; what others give is scaled."""
        return self.kind in ("csi", "v4l2", "test")

    @property
    def written(self) -> str:
        """As `parse_source` reads it, whatever folder it is relative to."""
        schemes = {"csi": "csi://", "v4l2": "v4l2://", "test": "test://"}
        return schemes.get(self.kind, "") + self.location

    def __str__(self) -> str:
        """For logs: without the password that an RTSP address may carry."""
        if self.kind == "rtsp":
            return re.sub(r"//[^/@]*@", "//…@", self.location)
        return {"csi": f"csi://{self.location}", "test": f"test://{self.location}"}.get(self.kind, self.location)


def parse_source(text: str, base: Path = Path()) -> CameraSource:
    """The source that `text` names; the path of a file is relative to `base`.

    Raises:
        ValueError: no such kind, or its place is missing or wrong.
    """
    scheme, separator, rest = text.partition("://")
    if not separator and re.fullmatch(r"/dev/(video\d+|v4l/[\w.:+/-]+)", text):
        return CameraSource("v4l2", text)
    if not separator:
        return CameraSource("file", str(base / Path(_needed(text)).expanduser()))
    if scheme == "csi" and re.fullmatch(r"\d", rest or "0"):
        return CameraSource("csi", rest or "0")
    if scheme == "v4l2" and re.fullmatch(r"/dev/[\w.:+/-]+", rest):
        return CameraSource("v4l2", rest)
    if scheme in ("rtsp", "rtsps") and urlsplit(text).hostname:
        return CameraSource("rtsp", text)
    if scheme == "file" and rest.startswith("/"):
        return CameraSource("file", rest)
    if scheme == "test" and (rest or PATTERNS[0]) in PATTERNS:
        return CameraSource("test", rest or PATTERNS[0])
    raise ValueError(f"{text!r} is not {EXPECTED}")


def _needed(text: str) -> str:
    if not text.strip():
        raise ValueError("the source is empty")
    return text
