"""Films made for the tests: H.264, a cut-out person before a wall, the true alpha known."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.commands.bench import clip
from matting.engines.registry import open_engine
from matting.model import default_model_dir, load_model
from matting.photo import F32, U8

WIDTH, HEIGHT, FPS, SECONDS = 640, 360, 15, 4
_ELEMENTS = ("gdppay", "x264enc", "avdec_h264", "mpegtsmux")


@dataclass(frozen=True)
class Film:
    """frames of 640x360 and their true alpha (0..1), as they were before path's H.264. changing: a stream of the same
    person whose size changes to 320x180 after two seconds."""

    path: Path
    changing: Path
    frames: list[U8]
    truth: list[F32]


def can_be_made() -> bool:
    """Whether GStreamer is here, with all that films and feeds need."""
    if shutil.which("gst-launch-1.0") is None:
        return False
    return all(subprocess.run(["gst-inspect-1.0", "--exists", name], check=False).returncode == 0 for name in _ELEMENTS)


def make(folder: Path) -> Film:
    """Both films, in `folder`."""
    model = load_model(default_model_dir())
    who = clip.person(open_engine("cpu", model, 2), model)
    made = list(clip.film(who, WIDTH, HEIGHT, FPS, SECONDS))
    frames = [frame for frame, _ in made]
    path, changing = folder / "film.mp4", folder / "changing.ts"
    clip.write_h264(iter(frames), path, FPS, (WIDTH, HEIGHT))
    parts = [folder / "large.ts", folder / "small.ts"]
    for part, step in zip(parts, (1, 2), strict=True):
        smaller = [np.ascontiguousarray(frame[::step, ::step]) for frame in frames[: 2 * FPS]]
        _write_ts(smaller, part)
    changing.write_bytes(b"".join(part.read_bytes() for part in parts))
    return Film(path, changing, frames, [alpha for _, alpha in made])


def _write_ts(frames: list[U8], path: Path) -> None:
    height, width = frames[0].shape[:2]
    parse = ["rawvideoparse", "format=rgb", f"width={width}", f"height={height}", f"framerate={FPS}/1", "!", "videoconvert"]
    encode = ["x264enc", "speed-preset=veryfast", "key-int-max=15", "!", "h264parse", "!", "mpegtsmux", "!", "filesink"]
    command = ["gst-launch-1.0", "-q", "fdsrc", "fd=0", "!", *parse, "!", *encode, f"location={path}"]
    subprocess.run(command, input=b"".join(frame.tobytes() for frame in frames), check=True)
