"""Every key that a config file may have: how its value is read, what would have been right, what it does, its default.

A new key is one entry here, and the field of the dataclass that it fills; then `python -m edge.config.reference write`.
"""

from __future__ import annotations

from typing import Any, get_args

from edge.config.camera import FLIPS, CameraOptions, LiveOptions
from edge.config.camera_source import EXPECTED as EXPECTED_SOURCE
from edge.config.camera_source import parse_source
from edge.config.folders import PLACES, place
from edge.config.hooks_keys import HOOKS_KEYS
from edge.config.http_keys import HTTP_KEYS
from edge.config.keys import (
    Key,
    button,
    choice,
    crop,
    days,
    flag,
    loopback,
    number,
    one_of,
    path,
    prom,
    text,
    video_device,
)
from edge.config.matting_keys import MATTING_KEYS
from edge.config.sizes import parse_room
from edge.config.types import STATUS_FILE, Config, HotFolders, Original, Precision, default_of
from matting.backgrounds.base import ImageFile
from matting.backgrounds.none import NoBackground
from matting.backgrounds.registry import background_words, parse_background
from matting.engines.registry import engine_names

PRECISIONS: tuple[Precision, ...] = get_args(Precision)


def _engine(value: Any) -> str:
    return str(choice(*engine_names()).read(value))


def _source(value: Any) -> str:
    word = path(value)
    parse_source(word)
    return word


def _live_background(value: Any) -> str:
    """What stays the same from frame to frame, and is there at all."""
    found = parse_background(path(value))
    if not isinstance(found, ImageFile) and (found.needs_matte or isinstance(found, NoBackground)):
        raise ValueError
    return str(value)


def _folder(name: str, help: str) -> Key:
    return _FOLDER.described(help, without=place(name), example=f"/srv/photos/{PLACES[name][1]}")


def _kept(what: str) -> Key:
    return _DAYS.described(f"Days after which {what} are removed.", without="they are kept", example=30)


_FOLDER = Key(path, 'a folder, such as "/srv/photos/in"')
_DAYS = Key(days, "days above 0 (without the key everything is kept)")
_ROOM = Key(lambda value: parse_room(text(value)), '"512 MB", "2 GB" or "5 %"')
_LEVELS = choice("debug", "info", "warning", "error")
_LEVEL = Key(lambda value: _LEVELS.read(text(value).lower()), _LEVELS.expected)
_FLAG = Key(flag, "true or false")
SECTIONS = {
    "hotfolder": "Where photos come from, and where they and their cut-outs go.",
    "matting": "How a cut-out looks. A folder's profile may change all of it.",
    "camera": "A camera beside the hot folder. Without `source` there is none.",
    "live": "Live video from the camera: on the HTTP server, and wherever else address, device or file says.",
    "engine": "What runs the network.",
    "service": "The service itself.",
    "retention": "How long finished photos are kept. Nothing is removed unless it is asked for here.",
    "metrics": "Figures for Prometheus as a file.",
    "http": "Photos, figures and the health of the service over HTTP. Without `listen` there is none of it.",
    "hooks": "Who is told of each finished photo of the hot folder and the camera. Photos sent over HTTP are told to nobody.",
}
KEYS: dict[str, dict[str, Key]] = {
    "hotfolder": {
        "inbox": _folder("inbox", "Photos that are to be cut."),
        "outbox": _folder("outbox", "Cut-outs."),
        "done": _folder("done", "Originals whose cut-out is on the disk."),
        "failed": _folder("failed", "Photos that could not be cut, each with the reason in a JSON file."),
        "no_person": _folder("no_person", "Photos in which nobody was found."),
        "backgrounds": _folder("backgrounds", "Pictures that a folder's profile may name."),
        "state": _folder("state", "The service's own memory. It belongs on a local disk that is always there."),
        "original": choice(*get_args(Original)).described(
            "What happens to a photo once it is cut: it is moved to `done`, kept in the inbox, or deleted.",
            default=default_of(HotFolders, "original"),
        ),
        "settle_seconds": number(0.1, 600, float).described(
            "Seconds that a file must stand still before it counts as finished.",
            default=default_of(HotFolders, "settle_seconds"),
        ),
        "rescan_seconds": number(0.2, 3600, float).described(
            "Seconds between two looks at the inbox. On NFS and SMB, which report no events, nothing else finds photos.",
            default=default_of(HotFolders, "rescan_seconds"),
        ),
    },
    "matting": MATTING_KEYS,
    "camera": {
        "source": Key(_source, EXPECTED_SOURCE).described("The camera.", without="no camera", example="csi://0"),
        "width": number(16, 16384, int).described(
            "Width in pixels that is asked of the camera, together with `height`.", without="the camera's own", example=1920
        ),
        "height": number(16, 16384, int).described(
            "Height in pixels that is asked of the camera, together with `width`.", without="the camera's own", example=1080
        ),
        "fps": number(1, 240, int).described(
            "Pictures a second that are asked of the camera.", without="the camera's own", example=30
        ),
        "flip": choice(*FLIPS).described("How its pictures are turned, clockwise.", default=default_of(CameraOptions, "flip")),
        "crop": Key(crop, "[left, top, width, height] in pixels").described(
            "The part of the picture that is used, after the flip.", without="all of it", example=(240, 0, 1440, 1080)
        ),
        "countdown_seconds": number(0, 60, float).described(
            "Seconds from a press to the picture.", default=default_of(CameraOptions, "countdown")
        ),
        "burst": number(1, 20, int).described("Pictures that one press takes.", default=default_of(CameraOptions, "burst")),
        "interval_seconds": number(1, 86400, float).described(
            "Takes a picture every so many seconds.", without="none by itself", example=60.0
        ),
        "person_seconds": number(0.2, 60, float).described(
            "Takes a picture of everybody who steps in and stands still for so many seconds.",
            without="none by itself",
            example=2.0,
        ),
        "trigger": _FOLDER.described(
            "A folder, made if need be: every file that is made or touched in it takes a picture.",
            without="no such folder",
            example="presses",
        ),
        "button": Key(button, 'a GPIO chip and a line, such as "/dev/gpiochip0 17"').described(
            "A push button that pulls a GPIO line to ground. A checkout needs `pip install 'edge-matting[button]'`.",
            without="no button",
            example="/dev/gpiochip0 17",
        ),
    },
    "live": {
        "address": Key(loopback, 'a loopback address and a port, such as "127.0.0.1:8080"').described(
            "An address for `/live.mjpg` and `/live.jpg` alone, on this machine only; `[http] listen` serves them too.",
            without="off",
            example="127.0.0.1:8080",
        ),
        "device": Key(video_device, 'a v4l2loopback device, such as "/dev/video9"').described(
            "Shows the video as a camera of its own, through v4l2loopback.", without="off", example="/dev/video9"
        ),
        "file": Key(path, 'a file, such as "/srv/booth/live.mkv"').described(
            "Records the video as Matroska.", without="off", example="/srv/booth/live.mkv"
        ),
        "background": Key(_live_background, lambda: background_words(besides=("none", "blur", "keep"))).described(
            "What stands behind the person: a colour or a picture (its path).", default=default_of(LiveOptions, "background")
        ),
        "height": number(120, 2160, int).described(
            "Height of the video in pixels, at most the camera's.", default=default_of(LiveOptions, "height")
        ),
        "steady": _FLAG.described(
            "Whether flicker is smoothed from frame to frame.", default=default_of(LiveOptions, "steady")
        ),
    },
    "engine": {
        "kind": Key(_engine, lambda: one_of(engine_names())).described(
            "What runs the network. auto: the CPU, and the GPU as soon as its engine is built.",
            default=default_of(Config, "engine"),
        ),
        "precision": choice(*PRECISIONS).described(
            "Precision of the TensorRT engine that the board builds.", default=default_of(Config, "precision")
        ),
        "model": Key(text, "a folder with a model.toml").described(
            "A model of your own, made ready by `edge-matting adopt`.", without="ours", example="/srv/models/mine"
        ),
    },
    "service": {
        "photo_timeout_seconds": number(5, 3600, float).described(
            "Seconds after which a stage of a photo counts as hung.", default=default_of(Config, "photo_timeout")
        ),
        "log_level": _LEVEL.described(
            "The least important lines that the log shows.", default=default_of(Config, "log_level")
        ),
        "reserve": _ROOM.described(
            "Room that must be free on a disk; with less, photos wait in the inbox.",
            without=str(default_of(Config, "reserve")),
            example="512 MB",
        ),
        "status": Key(path, 'a file, such as "/run/edge-matting/status.json"').described(
            "Where the service writes how it is.",
            without=f"`{STATUS_FILE}` in `hotfolder.state`",
            example="/run/edge-matting/status.json",
        ),
    },
    "retention": {
        "done_days": _kept("originals in `done`"),
        "failed_days": _kept("photos in `failed`, with their reasons,"),
        "no_person_days": _kept("photos in `no_person`"),
        "outbox_days": _kept("cut-outs in `outbox`, fetched or not,"),
        "keep_free": _ROOM.described(
            "Room that is made on a disk by removing younger files too, oldest first.",
            without="no room is made",
            example="10 %",
        ),
    },
    "metrics": {
        "textfile": Key(prom, 'a file whose name ends in ".prom", as node_exporter reads no other').described(
            "A file for node_exporter's textfile collector. Its folder must be opened to the service.",
            without="no file",
            example="/var/lib/prometheus/node-exporter/edge-matting.prom",
        ),
    },
    "http": HTTP_KEYS,
    "hooks": HOOKS_KEYS,
}
_BUILT_IN = frozenset(KEYS)
PROFILE_KEYS = KEYS["matting"]


def register_section(name: str, keys: dict[str, Key]) -> None:
    """A section of a plug-in's own; what a file says there is in `Config.more`, by the section's name.

    Raises:
        ValueError: there is a section of that name.
    """
    if name in KEYS:
        raise ValueError(f"the section [{name}] is there already")
    KEYS[name] = keys


def registered_sections() -> list[str]:
    """The names of those from outside."""
    return [name for name in KEYS if name not in _BUILT_IN]
