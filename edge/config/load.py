"""TOML -> frozen Config, validated once at the door, all mistakes reported at once with their lines.

Relative paths are relative to the config file's folder. Without a file everything lies in ./hot.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from edge.config.camera import CameraOptions, LiveOptions
from edge.config.camera_source import EXPECTED as EXPECTED_SOURCE
from edge.config.camera_source import parse_source
from edge.config.options import Options
from edge.config.retention import KEEP_ALL, Retention
from edge.config.schema import KEYS, PROFILE_KEYS, Key
from edge.config.sizes import DEFAULT_RESERVE, Room
from matting.errors import SettingsError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# Where scripts/install puts the service's.
INSTALLED = Path("/etc/edge-matting/edge-matting.toml")
Original = Literal["move", "keep", "delete"]
Precision = Literal["fp32", "fp16", "int8"]


class ConfigError(SettingsError):
    """One or more mistakes; the message has a line for each."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class HotFolders:
    """Where photos come from and go to. state: the service's own memory; backgrounds: pictures that profiles may name."""

    inbox: Path
    outbox: Path
    done: Path
    failed: Path
    no_person: Path
    backgrounds: Path
    state: Path
    original: Original = "move"
    settle_seconds: float = 1.0
    rescan_seconds: float = 2.0


@dataclass(frozen=True, slots=True)
class Config:
    """All that the daemon is told. precision: of the engine that the board builds. status: the status file.
    textfile: where metrics are written; listen: where they are served over HTTP. reserve: below it, no photo is taken in."""

    folders: HotFolders
    options: Options
    status: Path
    engine: str = "auto"
    precision: Precision = "fp16"
    model: Path | None = None
    photo_timeout: float = 60.0
    log_level: str = "info"
    camera: CameraOptions | None = None
    textfile: Path | None = None
    listen: tuple[str, int] | None = None
    reserve: Room = DEFAULT_RESERVE
    retention: Retention = KEEP_ALL


def load_config(path: Path | None) -> Config:
    """The config in `path`, or the defaults around ./hot.

    Raises:
        ConfigError: unreadable, not TOML, or any number of wrong keys and values.
    """
    if path is None:
        return _config({section: {} for section in KEYS}, Path("hot").absolute())
    text = _read(path)
    problems: list[str] = []
    tables = _parse(text, path)
    values = {section: _section(tables, text, section, problems) for section in KEYS}
    problems += [_stray(name, tables[name], text) for name in tables if name not in KEYS]
    problems += _camera_problems(values, lambda section, key: _line(text, section, key))
    if not problems:
        config = _config(values, path.absolute().parent)
        for name, problem in _clashes(config.folders):  # a folder that is not named lies beside the inbox
            line = _line(text, "hotfolder", name) or _line(text, "hotfolder", "inbox")
            problems.append(f"line {line}: {problem}")
    if problems:
        raise ConfigError("\n".join([f"{path}: {len(problems)} mistake{'s' * (len(problems) > 1)}", *problems]))
    return config


def service_config(path: Path | None) -> Config:
    """The running service's: in `path`; else around ./hot, where that is; else where scripts/install puts it.

    Raises:
        ConfigError: as `load_config`.
    """
    given = path is not None or Path("hot").is_dir() or not INSTALLED.is_file()
    return load_config(path if given else INSTALLED)


def load_profile(text: str) -> dict[str, str]:
    """The overrides in a folder's profile: preset, background, format, at its top level.

    Raises:
        ConfigError: not TOML, or any number of wrong keys and values.
    """
    problems: list[str] = []
    values = _values(_parse(text, Path("profile")), PROFILE_KEYS, lambda key: _line(text, None, key), "", problems)
    if problems:
        raise ConfigError("; ".join(problems))
    return values


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
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


def _section(tables: dict[str, Any], text: str, section: str, problems: list[str]) -> dict[str, Any]:
    table = tables.get(section, {})
    if not isinstance(table, dict):
        problems.append(f"line {_line(text, None, section)}: {section} must be a section, written [{section}]")
        return {}
    return _values(table, KEYS[section], lambda key: _line(text, section, key), f"{section}.", problems)


def _stray(name: str, value: Any, text: str) -> str:
    """What is wrong with a name at the top level that is no section's: mostly a key whose [section] was forgotten."""
    header = _line(text, name, None)
    if header or isinstance(value, dict):
        return f"line {header}: unknown section [{name}], expected one of {', '.join(KEYS)}"
    homes = [f"[{section}]" for section, keys in KEYS.items() if name in keys]
    advice = f"write it below {' or '.join(homes)}" if homes else f"no section has it, they are {', '.join(KEYS)}"
    return f"line {_line(text, None, name)}: {name} stands above any [section], {advice}"


def _values(
    table: dict[str, Any], keys: dict[str, Key], line: Callable[[str], int], prefix: str, problems: list[str]
) -> dict[str, Any]:
    values = {}
    for key, value in table.items():
        if key not in keys:
            problems.append(f"line {line(key)}: unknown key {prefix}{key}, expected one of {', '.join(keys)}")
            continue
        try:
            values[key] = keys[key].read(value)
        except (ValueError, SettingsError):
            problems.append(f"line {line(key)}: {prefix}{key} is {_shown(value)}, expected {keys[key].expected}")
    return values


def _shown(value: Any) -> str:
    try:
        return repr(value)
    except ValueError:
        return "a number of thousands of digits"


def _line(text: str, section: str | None, key: str | None) -> int:
    """The line on which a key, or a section's header, stands: tomllib does not tell. 0 for unusual spellings."""
    current: str | None = None
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[+\s*\"?([^\]\"]+?)\"?\s*\]", line)
        if header:
            current = header.group(1)
            if key is None and current == section:
                return number
        elif key is not None and current == section and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]", line):
            return number
    return 0


def _config(values: dict[str, dict[str, Any]], base: Path) -> Config:
    matting = dict(values["matting"])
    colours = matting.pop("colours", "keep")
    background_file = Options(background=matting.get("background")).background_file
    if background_file is not None:
        matting["background"] = str(base / background_file)
    engine, service = values["engine"], values["service"]
    folders = _folders(values["hotfolder"], base)
    return Config(
        folders=folders,
        options=Options(**matting, to_srgb=colours == "srgb"),
        status=base / Path(service["status"]).expanduser() if "status" in service else folders.state / "status.json",
        engine=engine.get("kind", "auto"),
        precision=engine.get("precision", "fp16"),
        model=base / engine["model"] if "model" in engine else None,
        photo_timeout=service.get("photo_timeout_seconds", 60.0),
        log_level=service.get("log_level", "info"),
        camera=_camera(values["camera"], values["live"], base),
        textfile=base / Path(values["metrics"]["textfile"]).expanduser() if values["metrics"] else None,
        listen=values["http"].get("listen"),
        reserve=service.get("reserve", DEFAULT_RESERVE),
        retention=Retention(**values["retention"]),
    )


def _camera(camera: dict[str, Any], live: dict[str, Any], base: Path) -> CameraOptions | None:
    if "source" not in camera:
        return None
    named = {key.removesuffix("_seconds"): value for key, value in camera.items()}
    source = parse_source(camera["source"], base)
    if source.kind == "file":
        named["source"] = source.location
    if "trigger" in named:
        named["trigger"] = str(base / Path(named["trigger"]).expanduser())
    background_file = Options(background=live.get("background")).background_file
    paths = {"file": live.get("file"), "background": background_file}
    found = {key: str(base / Path(path).expanduser()) for key, path in paths.items() if path is not None}
    return CameraOptions(**named, live=LiveOptions(**{**live, **found}))


def _camera_problems(values: dict[str, dict[str, Any]], line: Callable[[str, str], int]) -> list[str]:
    """What only several keys together can get wrong."""
    camera, live = values["camera"], values["live"]
    problems = []
    if (camera or live) and "source" not in camera:
        section = "camera" if camera else "live"
        problems.append(f"line {line(section, next(iter(values[section])))}: {section} needs camera.source, {EXPECTED_SOURCE}")
    if ("width" in camera) != ("height" in camera):
        given = "width" if "width" in camera else "height"
        problems.append(f"line {line('camera', given)}: camera.{given} alone is no size, give width and height")
    return problems


def _folders(values: dict[str, Any], base: Path) -> HotFolders:
    def folder(key: str, default: Path) -> Path:
        return base / Path(values[key]).expanduser() if key in values else default

    inbox = folder("inbox", base / "inbox")
    failed = folder("failed", base / "failed")
    return HotFolders(
        inbox=inbox,
        outbox=folder("outbox", base / "outbox"),
        done=folder("done", base / "done"),
        failed=failed,
        no_person=folder("no_person", failed.parent / "no-person"),
        backgrounds=folder("backgrounds", inbox.parent / "backgrounds"),
        state=folder("state", inbox.parent / ".edge-matting"),
        **{key: values[key] for key in ("original", "settle_seconds", "rescan_seconds") if key in values},
    )


def _clashes(folders: HotFolders) -> list[tuple[str, str]]:
    """Folders that would feed the service its own output, or ruin originals: the key, and what is wrong with it."""
    inbox = folders.inbox.resolve()
    others = {name: getattr(folders, name).resolve() for name in ("outbox", "done", "failed", "no_person", "state")}
    problems = []
    for name, folder in others.items():
        if folder == inbox:
            problems.append((name, f"hotfolder.{name} is the inbox itself: outputs would be cut again, choose another folder"))
        elif inbox in folder.parents:
            problems.append((name, f"hotfolder.{name} lies inside the inbox: it would be cut again, choose a folder outside"))
        elif folder in inbox.parents:
            problems.append((name, f"hotfolder.{name} contains the inbox: choose folders that lie side by side"))
    names = list(others)
    for index, first in enumerate(names):
        for second in names[index + 1 :]:
            if others[first] == others[second]:
                problems.append((second, f"hotfolder.{first} and hotfolder.{second} are the same folder: choose two"))
    return problems
