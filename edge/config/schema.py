"""Every key that a config file may have: how its value is read, and what would have been right."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.config.camera import FLIPS
from edge.config.camera_source import EXPECTED as EXPECTED_SOURCE
from edge.config.camera_source import parse_source
from edge.config.sizes import parse_room
from matting.backgrounds.base import ImageFile
from matting.backgrounds.none import NoBackground
from matting.backgrounds.registry import background_words, parse_background
from matting.engines.registry import engine_names
from matting.formats.registry import find_format, format_names
from matting.presets import PRESETS

PRECISIONS = ("fp16", "int8", "fp32")


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the file: `read` gives the value or raises ValueError or SettingsError.

    words: what would have been right; a function where plug-ins may have registered more of it.
    """

    read: Callable[[Any], Any]
    words: str | Callable[[], str]

    @property
    def expected(self) -> str:
        return self.words if isinstance(self.words, str) else self.words()


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError
    return value


def _path(value: Any) -> str:
    """A path, whose ~ or ~name stands for a home that exists."""
    try:
        Path(_text(value)).expanduser()
    except RuntimeError as error:
        raise ValueError from error
    return str(value)


def _choice(*allowed: str) -> Key:
    def read(value: Any) -> str:
        if value not in allowed:
            raise ValueError
        return str(value)

    return Key(read, _one_of(allowed))


def _one_of(names: Iterable[str]) -> str:
    return "one of " + ", ".join(f'"{name}"' for name in names)


def _number(low: float, high: float, kind: type[int] | type[float]) -> Key:
    def read(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, kind)) or not low <= value <= high:
            raise ValueError
        return kind(value)

    return Key(read, f"{'a whole number' if kind is int else 'a number'} from {low:g} to {high:g}")


def _days(value: Any) -> float:
    """0 is refused: it could be meant as "never"."""
    days = _number(0, 36500, float).read(value)
    if days == 0:
        raise ValueError
    return float(days)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _background(value: Any) -> str:
    text = _text(value)
    parse_background(text)
    return text


def _format(value: Any) -> str:
    return find_format(_text(value)).name


def _engine(value: Any) -> str:
    return str(_choice(*engine_names()).read(value))


def _source(value: Any) -> str:
    text = _path(value)
    parse_source(text)
    return text


def _crop(value: Any) -> tuple[int, ...]:
    numbers = [int(_number(0, 16384, int).read(number)) for number in value] if isinstance(value, list) else []
    if len(numbers) != 4 or min(numbers[2:]) < 16:
        raise ValueError
    return tuple(numbers)


def _listen(value: Any) -> tuple[str, int]:
    host, _, port = _text(value).rpartition(":")
    address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host.strip("[]"))
    if (address.version == 6) != host.startswith("[") or not 1 <= int(port) <= 65535:
        raise ValueError
    return str(address), int(port)


def _address(value: Any) -> tuple[str, int]:
    """Loopback only: whoever wants to show the picture elsewhere puts a server of theirs before it."""
    host, port = _listen(value)
    if not ipaddress.ip_address(host).is_loopback:
        raise ValueError
    return host, port


def _prom(value: Any) -> str:
    if not _path(value).endswith(".prom"):
        raise ValueError
    return str(value)


def _button(value: Any) -> tuple[str, int]:
    chip, _, line = _text(value).rpartition(" ")
    if not chip.startswith("/dev/gpiochip"):
        raise ValueError
    return chip, int(_number(0, 1023, int).read(int(line)))


def _device(value: Any) -> str:
    if not re.fullmatch(r"/dev/video\d+", _text(value)):
        raise ValueError
    return str(value)


def _live_background(value: Any) -> str:
    """What stays the same from frame to frame, and is there at all."""
    found = parse_background(_path(value))
    if not isinstance(found, ImageFile) and (found.needs_matte or isinstance(found, NoBackground)):
        raise ValueError
    return str(value)


_FOLDER = Key(_path, 'a folder, such as "/srv/photos/in"')
_PRESET = _choice(*PRESETS)
_BACKGROUND = Key(_background, background_words)
_FORMAT = Key(_format, lambda: _one_of(format_names()))
_DAYS = Key(_days, "days above 0 (without the key everything is kept)")
_ROOM = Key(lambda value: parse_room(_text(value)), '"512 MB", "2 GB" or "5 %"')
_LEVELS = _choice("debug", "info", "warning", "error")
_LEVEL = Key(lambda value: _LEVELS.read(_text(value).lower()), _LEVELS.expected)
KEYS: dict[str, dict[str, Key]] = {
    "hotfolder": {
        **dict.fromkeys(("inbox", "outbox", "done", "failed", "no_person", "backgrounds", "state"), _FOLDER),
        "original": _choice("move", "keep", "delete"),
        "settle_seconds": _number(0.1, 600, float),
        "rescan_seconds": _number(0.2, 3600, float),
    },
    "matting": {
        "preset": _PRESET,
        "background": _BACKGROUND,
        "format": _FORMAT,
        "mask": Key(_flag, "true or false"),
        "alpha_threshold": _number(0, 50, int),
        "erode": _number(0, 5, int),
        "feather": _number(0, 100, float),
        "crop": _number(0, 1, float),
        "colours": _choice("keep", "srgb"),
    },
    "camera": {
        "source": Key(_source, EXPECTED_SOURCE),
        "width": _number(16, 16384, int),
        "height": _number(16, 16384, int),
        "fps": _number(1, 240, int),
        "flip": _choice(*FLIPS),
        "crop": Key(_crop, "[left, top, width, height] in pixels"),
        "countdown_seconds": _number(0, 60, float),
        "burst": _number(1, 20, int),
        "interval_seconds": _number(1, 86400, float),
        "person_seconds": _number(0.2, 60, float),
        "trigger": _FOLDER,
        "button": Key(_button, 'a GPIO chip and a line, such as "/dev/gpiochip0 17"'),
    },
    "live": {
        "address": Key(_address, 'a loopback address and a port, such as "127.0.0.1:8080"'),
        "device": Key(_device, 'a v4l2loopback device, such as "/dev/video9"'),
        "file": Key(_path, 'a file, such as "/srv/booth/live.mkv"'),
        "background": Key(_live_background, lambda: background_words(besides=("none", "blur"))),
        "height": _number(120, 2160, int),
        "steady": Key(_flag, "true or false"),
    },
    "engine": {
        "kind": Key(_engine, lambda: _one_of(engine_names())),
        "precision": _choice(*PRECISIONS),
        "model": Key(_text, "a folder with a model.toml"),
    },
    "service": {
        "photo_timeout_seconds": _number(5, 3600, float),
        "log_level": _LEVEL,
        "reserve": _ROOM,
        "status": Key(_path, 'a file, such as "/run/edge-matting/status.json"'),
    },
    "retention": {**dict.fromkeys(("done_days", "failed_days", "no_person_days", "outbox_days"), _DAYS), "keep_free": _ROOM},
    "metrics": {"textfile": Key(_prom, 'a file whose name ends in ".prom", as node_exporter reads no other')},
    "http": {"listen": Key(_listen, 'an address of this machine and a port, such as "127.0.0.1:9464" or "[::1]:9464"')},
}
PROFILE_KEYS = {"preset": _PRESET, "background": _BACKGROUND, "format": _FORMAT}
