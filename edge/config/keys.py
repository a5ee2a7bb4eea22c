"""What a key of the config file is, and how its value is read: text, paths, numbers, addresses."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from matting.framing import MOST_CANVAS


class Advised(ValueError):
    """Wrong in a way that has words of its own for what would have been right, in place of its key's."""


# A folder would be made that is called so: nothing puts in what a shell would.
_VARIABLE = re.compile(r"\$\{\w+\}|(?<![^/])\$[A-Za-z_]\w*(?![^/])")


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the file: `read` gives the value or raises ValueError (`Advised` with words of its own) or SettingsError.

    words: what would have been right; a function where plug-ins may have registered more of it.
    help: one plain sentence, with the unit. default: what holds without the key, as it would be written in the file.
    Where that cannot be written, default is None, `without` says what holds, and `example` is a value one could write.
    """

    read: Callable[[Any], Any]
    words: str | Callable[[], str]
    help: str = ""
    default: Any = None
    without: str = ""
    example: Any = None

    @property
    def expected(self) -> str:
        return self.words if isinstance(self.words, str) else self.words()

    def described(self, help: str, *, default: Any = None, without: str = "", example: Any = None) -> Key:
        """This key with what an operator should know of it."""
        return replace(self, help=help, default=default, without=without, example=example)


def text(value: Any) -> str:
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError
    return value


def path(value: Any) -> str:
    """A path, whose ~ or ~name stands for a home that exists."""
    if found := _VARIABLE.search(text(value)):
        raise Advised(f"a path that is written out, or begins with ~ for the home: {found[0]} is not replaced by anything")
    try:
        Path(text(value)).expanduser()
    except RuntimeError as error:
        raise ValueError from error
    return str(value)


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def choice(*allowed: str) -> Key:
    def read(value: Any) -> str:
        if value not in allowed:
            raise ValueError
        return str(value)

    return Key(read, one_of(allowed))


def one_of(names: Iterable[str]) -> str:
    """For people: one of these words."""
    return "one of " + ", ".join(f'"{name}"' for name in names)


def number(low: float, high: float, kind: type[int] | type[float]) -> Key:
    def read(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, kind)) or not low <= value <= high:
            raise ValueError
        return kind(value)

    return Key(read, f"{'a whole number' if kind is int else 'a number'} from {low:g} to {high:g}")


def days(value: Any) -> float:
    """0 is refused: it could be meant as "never"."""
    found = number(0, 36500, float).read(value)
    if found == 0:
        raise ValueError
    return float(found)


def crop(value: Any) -> tuple[int, ...]:
    numbers = [int(number(0, 16384, int).read(each)) for each in value] if isinstance(value, list) else []
    if len(numbers) != 4 or min(numbers[2:]) < 16:
        raise ValueError
    return tuple(numbers)


def canvas(value: Any) -> tuple[int, int]:
    width, _, height = text(value).lower().partition("x")
    found = int(width), int(height)
    if not all(16 <= side <= MOST_CANVAS for side in found):
        raise ValueError
    return found


def listen(value: Any) -> tuple[str, int]:
    host, _, port = text(value).rpartition(":")
    address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host.strip("[]"))
    if (address.version == 6) != host.startswith("[") or not 1 <= int(port) <= 65535:
        raise ValueError
    return str(address), int(port)


def loopback(value: Any) -> tuple[str, int]:
    """Loopback only: whoever wants to show the picture elsewhere puts a server of theirs before it."""
    host, port = listen(value)
    if not ipaddress.ip_address(host).is_loopback:
        raise ValueError
    return host, port


def prom(value: Any) -> str:
    if not path(value).endswith(".prom"):
        raise ValueError
    return str(value)


def button(value: Any) -> tuple[str, int]:
    chip, _, line = text(value).rpartition(" ")
    if not chip.startswith("/dev/gpiochip"):
        raise ValueError
    return chip, int(number(0, 1023, int).read(int(line)))


def video_device(value: Any) -> str:
    if not re.fullmatch(r"/dev/video\d+", text(value)):
        raise ValueError
    return str(value)
