"""What a configuration names that must be there, and of the right kind, before a service begins."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from edge.config.camera_source import EXPECTED as EXPECTED_SOURCE
from edge.config.camera_source import parse_source
from edge.config.types import Config
from matting.backgrounds.registry import background_words

_NO_FILES = {stat.S_ISDIR: "a folder", stat.S_ISCHR: "a device", stat.S_ISBLK: "a device", stat.S_ISSOCK: "a socket"}


def wrong_on_disk(config: Config) -> Iterator[tuple[str, str, str]]:
    """(section, key, sentence) of each mistake. A film may come later, as its disk does; what is no film never becomes one."""
    picture = config.options.background_file
    if picture is not None and (_kind(picture) or not Path(picture).exists()):
        what = _kind(picture) or "not there"
        yield "matting", "background", f"matting.background: {picture} is {what}, expected {background_words()}"
    source = None if config.camera is None else parse_source(config.camera.source)
    if source is not None and source.kind == "file" and (kind := _kind(source.location)):
        yield "camera", "source", f"camera.source: {source.location} is {kind}, expected {EXPECTED_SOURCE}"


def _kind(path: str) -> str:
    """What lies there where that is no file; "" for a file, and for what is not there or cannot be looked at."""
    try:
        mode = Path(path).stat().st_mode
    except (OSError, ValueError):
        return ""
    return next((what for is_kind, what in _NO_FILES.items() if is_kind(mode)), "")
