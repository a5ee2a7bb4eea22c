"""Engines, output formats, backgrounds and sources from outside: what other packages register.

A package names a function of its own in its pyproject.toml, and that function calls `register_engine`, `register_format`,
`register_background`, `register_source`; each process of the product calls it once, when it starts:

    [project.entry-points."edge_matting.plugins"]
    stripes = "stripes.plugin:register"
"""

from __future__ import annotations

import sys
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from matting.errors import SettingsError

GROUP = "edge_matting.plugins"


@cache
def load() -> tuple[Path, ...]:
    """Call the function of every installed plug-in, once in a process.

    Returns the files and folders of their code, which a sandbox has to leave readable: modules are also imported late.

    Raises:
        SettingsError: a plug-in cannot be loaded; the sentence names it.
    """
    return tuple(_loaded(point) for point in entry_points(group=GROUP))


def _loaded(point: EntryPoint) -> Path:
    try:
        point.load()()
    except Exception as error:
        reason = (str(error).splitlines() or [""])[0]
        raise SettingsError(
            f"the plug-in {point.name} ({point.value}) cannot be loaded ({type(error).__name__}: {reason}): "
            "repair or uninstall it"
        ) from error
    package = sys.modules[point.module.partition(".")[0]]
    return Path(package.__path__[0] if hasattr(package, "__path__") else str(package.__file__))
