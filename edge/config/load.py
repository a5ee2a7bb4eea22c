"""TOML -> frozen Config, validated once at the door, all mistakes reported at once with their lines.

Relative paths are relative to the config file's folder. Without a file everything lies in ./hot.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from edge.config.camera import CameraOptions, LiveOptions
from edge.config.camera_source import parse_source
from edge.config.folders import clashes, hot_folders
from edge.config.hooks import HooksOptions
from edge.config.http import HttpOptions
from edge.config.http_keys import http_problems
from edge.config.mistakes import camera_problems, line_of, read_section, read_values, stray
from edge.config.on_disk import wrong_on_disk
from edge.config.options import COLOURS, Options
from edge.config.retention import Retention
from edge.config.schema import KEYS, PROFILE_KEYS, registered_sections
from edge.config.types import STATUS_FILE, Config
from matting.errors import SettingsError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# Where scripts/install puts the service's.
INSTALLED = Path("/etc/edge-matting/edge-matting.toml")
# Keys whose value is a field of Config just as it is.
_FIELDS = {
    "kind": "engine",
    "precision": "precision",
    "photo_timeout_seconds": "photo_timeout",
    "log_level": "log_level",
    "reserve": "reserve",
}


_MOST_MISTAKES = 5  # of a profile, which anybody may have written


class ConfigError(SettingsError):
    """One or more mistakes; the message has a line for each."""

    exit_code = 3


def load_config(path: Path | None, *, on_disk: bool = True) -> Config:
    """The config in `path`, or the defaults around ./hot. on_disk: whether the files that it names are looked at too.

    Raises:
        ConfigError: unreadable, not TOML, or any number of wrong keys and values.
    """
    if path is None:
        return _config({section: {} for section in KEYS}, Path("hot").absolute())
    text = _read(path)
    problems: list[str] = []
    tables = _parse(text, path)
    values = {section: read_section(tables, text, section, problems) for section in KEYS}
    problems += [stray(name, tables[name], text) for name in tables if name not in KEYS]
    problems += camera_problems(values, lambda section, key: line_of(text, section, key))
    problems += http_problems(values["http"], lambda section, key: line_of(text, section, key))
    if not problems:
        config = _config(values, path.absolute().parent)
        for name, problem in clashes(config.folders):  # a folder that is not named lies beside the inbox
            line = line_of(text, "hotfolder", name) or line_of(text, "hotfolder", "inbox")
            problems.append(f"line {line}: {problem}")
        for section, key, problem in wrong_on_disk(config) if on_disk else ():
            problems.append(f"line {line_of(text, section, key)}: {problem}")
    if problems:
        raise ConfigError("\n".join([f"{path}: {len(problems)} mistake{'s' * (len(problems) > 1)}", *problems]))
    return config


def service_config(path: Path | None) -> Config:
    """The running service's: in `path`; else around ./hot, where that is; else where scripts/install puts it.

    The files that it names are the service's to look at: one that went away must not keep anybody from asking how it is.

    Raises:
        ConfigError: as `load_config`.
    """
    given = path is not None or Path("hot").is_dir() or not INSTALLED.is_file()
    return load_config(path if given else INSTALLED, on_disk=False)


def load_profile(text: str) -> dict[str, Any]:
    """The overrides in a folder's profile, by the names of `Options`: the keys of [matting], at its top level.

    Raises:
        ConfigError: not TOML, or any number of wrong keys and values.
    """
    problems: list[str] = []
    table = _parse(text, Path("profile"))
    values = read_values(table, PROFILE_KEYS, lambda key: line_of(text, None, key), "", problems, most=_MOST_MISTAKES)
    if problems:
        raise ConfigError("; ".join(problems))
    return _named(values)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # some editors put a byte order mark before the text
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text") from error


def _parse(text: str, path: Path) -> dict[str, Any]:
    try:
        table: dict[str, Any] = tomllib.loads(text)
        return table
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is a ValueError of Python's own
        raise ConfigError(f"{path} is not TOML: {error}") from error


def _config(values: dict[str, dict[str, Any]], base: Path) -> Config:
    """Only what the file says is passed on, so that all else keeps the dataclasses' defaults."""
    folders = hot_folders(values["hotfolder"], base)
    engine, service, metrics = values["engine"], values["service"], values["metrics"]
    given = {**engine, **service}
    return Config(
        folders=folders,
        options=_options(values["matting"], base),
        status=_under(base, service["status"]) if "status" in service else folders.state / STATUS_FILE,
        model=base / engine["model"] if "model" in engine else None,
        camera=_camera(values["camera"], values["live"], base),
        http=_http(values["http"], base),
        hooks=HooksOptions(**{key.removesuffix("_seconds"): value for key, value in values["hooks"].items()}),
        textfile=_under(base, metrics["textfile"]) if "textfile" in metrics else None,
        retention=Retention(**values["retention"]),
        more={name: values[name] for name in registered_sections()},
        **{field: given[key] for key, field in _FIELDS.items() if key in given},
    )


def _under(base: Path, path: str) -> Path:
    return base / Path(path).expanduser()


def _named(matting: dict[str, Any]) -> dict[str, Any]:
    """The keys of [matting] as the fields of `Options`."""
    named = {key: value for key, value in matting.items() if key != "colours"}
    return named if "colours" not in matting else {**named, "to_srgb": COLOURS[matting["colours"]]}


def _options(matting: dict[str, Any], base: Path) -> Options:
    named = _named(matting)
    picture = Options(background=matting.get("background")).background_file
    if picture is not None:
        named["background"] = str(base / picture)
    return Options(**named)


def _camera(camera: dict[str, Any], live: dict[str, Any], base: Path) -> CameraOptions | None:
    if "source" not in camera:
        return None
    named = {key.removesuffix("_seconds"): value for key, value in camera.items()}
    source = parse_source(camera["source"], base)
    if source.kind in ("file", "v4l2"):
        named["source"] = source.written
    if "trigger" in named:
        named["trigger"] = str(_under(base, named["trigger"]))
    background_file = Options(background=live.get("background")).background_file
    paths = {"file": live.get("file"), "background": background_file}
    found = {key: str(_under(base, path)) for key, path in paths.items() if path is not None}
    return CameraOptions(**named, live=LiveOptions(**{**live, **found}))


def _http(http: dict[str, Any], base: Path) -> HttpOptions | None:
    if "listen" not in http:
        return None
    named: dict[str, Any] = {key.removesuffix("_seconds"): value for key, value in http.items()}
    for key in {"key_file", "certificate", "private_key"} & named.keys():
        named[key] = _under(base, named[key])
    return HttpOptions(**named)
