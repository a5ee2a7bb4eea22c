"""Text of a configuration, and of a sub-folder's profile -> load_config, load_profile: values, or a ConfigError."""

from __future__ import annotations

import tempfile
from pathlib import Path

from edge.config.load import ConfigError, load_config, load_profile
from edge.config.schema import KEYS

LONGEST = 2048
WORDS = [f"[{section}]".encode() for section in KEYS]
WORDS += [f"{key} = ".encode() for keys in KEYS.values() for key in keys]
WORDS += [b'"~x/a"', b'"\\u0000"', b"0x", b"1e999", b"nan", b"[[", b"{", b"1979-05-27", b"://", b'"#', b'"127.0.0.1:']

_EVERYTHING = """
[hotfolder]
inbox = "in"
outbox = "/tmp/out"
no_person = "~/nobody"
original = "keep"
settle_seconds = 0.5
[matting]
preset = "avatar"
background = "#FFF"
format = "webp"
mask = true
erode = 1
crop = 0.05
colours = "srgb"
[engine]
kind = "cpu"
precision = "int8"
model = "m"
[service]
photo_timeout_seconds = 60
log_level = "INFO"
reserve = "5 %"
status = "s.json"
[retention]
done_days = 30
keep_free = "2 GB"
[metrics]
textfile = "a.prom"
[http]
listen = "[::1]:9464"
"""
_CAMERA = """
[camera]
source = "rtsp://user:word@host/path"
width = 640
height = 480
fps = 30
flip = "mirror"
crop = [0, 0, 64, 64]
trigger = "presses"
button = "/dev/gpiochip0 17"
[live]
address = "localhost:8080"
device = "/dev/video9"
file = "live.mkv"
background = "beach.jpg"
height = 720
"""


def seeds() -> dict[str, bytes]:
    profile = 'preset = "id-photo"\nbackground = "beach.jpg"\nformat = "png"\n'
    return {"everything": _EVERYTHING.encode(), "camera": _CAMERA.encode(), "profile": profile.encode()}


def one(data: bytes) -> None:
    path = Path(tempfile.gettempdir(), "fuzzed-config.toml")
    path.write_bytes(data)
    try:
        load_config(path)
    except ConfigError as error:
        assert str(error)
    try:
        load_profile(data.decode("utf-8", "replace"))
    except ConfigError as error:
        assert str(error)
