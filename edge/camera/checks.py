"""The camera: its tools, and whether the one that is configured is there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from edge.board.access import may
from edge.camera.devices import Camera, cameras
from edge.camera.elements import missing, on_jetson
from edge.camera.launch import elements, feed
from edge.config.camera import CameraOptions
from edge.config.camera_source import CameraSource, parse_source
from edge.monitoring.finding import Finding
from edge.monitoring.target import Target
from matting.errors import CameraError

_ANY = CameraOptions("test://")


def check_gstreamer(who: Target) -> Iterator[Finding]:
    """Every element of the configured camera's pipeline, or of a simple one."""
    options = who.config.camera
    asked = options or _ANY
    try:
        needed = elements(feed(asked, parse_source(asked.source), jetson=on_jetson()))
        lacking = missing(needed)
    except CameraError as error:
        said, _, todo = str(error).partition(": ")
        if options is None:
            yield Finding("gstreamer", "ok", f"{said}; only a camera needs it")
        else:
            yield Finding("gstreamer", "warning", said, todo)
        return
    for each in lacking:
        yield Finding("gstreamer", "warning", f"GStreamer's {each.element} is missing", f"sudo apt install {each.package}")
    if not lacking:
        yield Finding("gstreamer", "ok", f"all elements are there: {', '.join(needed)}")


def check_camera(who: Target) -> Iterator[Finding]:
    """The one that is configured, or all that there are; and the folder that presses it."""
    yield from _camera(who)
    trigger = None if who.config.camera is None else who.config.camera.trigger
    if trigger is not None and not _can_be_made(who, Path(trigger)):
        todo = f"make it by hand, for {who.user.name} to read, or correct camera.trigger"
        yield Finding("camera", "warning", f"the trigger folder {trigger} is not there and cannot be made", todo)


def _can_be_made(who: Target, folder: Path) -> bool:
    """Whether the folder is there, or the service may make it."""
    standing = next(each for each in (folder, *folder.parents) if os.path.lexists(each))
    return standing.is_dir() and (standing == folder or may(who.user, standing, os.W_OK | os.X_OK))


def _camera(who: Target) -> Iterator[Finding]:
    options, found = who.config.camera, cameras(who.root / "dev")
    if options is None:
        yield Finding("camera", "ok", "none is configured" + (f"; found: {_listed(found)}" if found else ""))
        return
    source = parse_source(options.source)
    named = next((each for each in found if each.source == _real(source)), None)
    there = source.kind not in ("csi", "v4l2") or named is not None
    if source.kind == "file":
        there = Path(source.location).is_file()
    if there:
        yield Finding("camera", "ok", _listed([named]) if named else str(source))
    else:
        todo = "plug it in, or correct camera.source" + (f": there are {_listed(found)}" if found else "")
        yield Finding("camera", "warning", f"{source} is not there", todo)


def _real(source: CameraSource) -> str:
    """As cameras are listed: /dev/v4l/by-id/… is a link to /dev/videoN."""
    return f"v4l2://{os.path.realpath(source.location)}" if source.kind == "v4l2" else source.written


def _listed(found: list[Camera]) -> str:
    return "; ".join(f"{each.source} ({each.name}), {len(each.modes)} modes, such as {_largest(each)}" for each in found)


def _largest(camera: Camera) -> str:
    return str(max(camera.modes, key=lambda mode: mode.width * mode.height, default="none"))
