"""Who is told of finished photos, as an operator can ask for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HooksOptions:
    """url: an address, http or https, that gets a POST. command: a program's absolute path, and its arguments. timeout:
    seconds for one try of either. json: whether a JSON lies beside each cut-out that says what it is."""

    url: str | None = None
    command: tuple[str, ...] = ()
    timeout: float = 10.0
    json: bool = False


NO_HOOKS = HooksOptions()
