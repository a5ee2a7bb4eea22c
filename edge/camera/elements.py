"""Which elements of GStreamer are installed, and which package has those that are not."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass

from matting.errors import CameraError

_PACKAGES = {
    "gstreamer1.0-plugins-base": ("videotestsrc", "videoconvert", "videoscale", "videorate", "decodebin"),
    "gstreamer1.0-plugins-good": ("v4l2src", "v4l2sink", "rtspsrc", "videoflip", "videocrop", "jpegdec", "matroskamux"),
    "gstreamer1.0-plugins-bad": ("gdppay", "jpegparse"),
    "nvidia-l4t-gstreamer": ("nvarguscamerasrc", "nvvidconv"),
}


@dataclass(frozen=True, slots=True)
class MissingElement:
    """An element that is not installed, and the package that has it (Debian's, Ubuntu's or JetPack's)."""

    element: str
    package: str

    def __str__(self) -> str:
        return f"GStreamer's {self.element} is missing: install {self.package}"


def missing(elements: Iterable[str]) -> list[MissingElement]:
    """Those that gst-inspect-1.0 does not find.

    Raises:
        CameraError: GStreamer's tools themselves are missing.
    """
    if shutil.which("gst-launch-1.0") is None or shutil.which("gst-inspect-1.0") is None:
        raise CameraError("GStreamer is not installed: the camera needs the package gstreamer1.0-tools")
    return [MissingElement(element, _package(element)) for element in elements if not _installed(element)]


def on_jetson() -> bool:
    """Whether NVIDIA's converter is there: then decoders and cameras leave their pictures in the board's video memory."""
    return shutil.which("gst-inspect-1.0") is not None and _installed("nvvidconv")


def _installed(element: str) -> bool:
    return subprocess.run(["gst-inspect-1.0", "--exists", element], capture_output=True, check=False).returncode == 0


def _package(element: str) -> str:
    return next((package for package, names in _PACKAGES.items() if element in names), "libgstreamer1.0-0")
