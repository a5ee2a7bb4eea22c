"""All engines by name: the built-in ones, and those that plug-ins add. No engine's library is imported before it is opened."""

from __future__ import annotations

from matting.engines.base import Engine, EngineKind
from matting.engines.kinds import AUTO, CPU, TENSORRT, TORCH
from matting.errors import SettingsError
from matting.model import ModelSpec

_kinds: dict[str, EngineKind] = {}


def register_engine(kind: EngineKind) -> None:
    """From now on --engine and engine.kind may be its name.

    Raises:
        SettingsError: another one has its name.
    """
    if kind.name in _kinds:
        raise SettingsError(f"there is an engine {kind.name!r} already: choose another name")
    _kinds[kind.name] = kind


def engine_names() -> tuple[str, ...]:
    """The engines that may be asked for."""
    return tuple(_kinds)


def find_engine(name: str) -> EngineKind:
    """The engine of that name, not opened.

    Raises:
        SettingsError: there is none; the sentence says which there are.
    """
    if name not in _kinds:
        raise SettingsError(f"engine {name!r} does not exist: choose {', '.join(_kinds)}")
    return _kinds[name]


def open_engine(name: str, model: ModelSpec, threads: int) -> Engine:
    """Load the network. threads: CPU cores that one run may take, for engines that run there.

    Raises:
        EngineError: that engine is not to be had on this machine.
        ModelError: the model's files are missing or altered.
        SettingsError: no such engine.
    """
    return find_engine(name).open(model, threads)


for _kind in (AUTO, TENSORRT, TORCH, CPU):
    register_engine(_kind)
