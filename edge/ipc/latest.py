"""The newest of something, for those who want no other: what nobody fetched in time is replaced."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar


class Numbered(Protocol):
    """Things that are told apart, and ordered, by a growing number."""

    @property
    def number(self) -> int: ...


T = TypeVar("T", bound=Numbered)


class Latest(Generic[T]):
    """A place for one thing. Safe to use from several threads; every reader keeps its own count."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._value: T | None = None
        self._closed = False
        self._listeners: list[Callable[[], object]] = []

    def put(self, value: T) -> None:
        with self._changed:
            self._value = value
            self._tell()

    def peek(self) -> T | None:
        """What is there now."""
        return self._value

    def after(self, number: int, seconds: float) -> T | None:
        """The newest with a higher number, waited for at most so long; None when there is none, or it is closed."""
        end = time.monotonic() + seconds
        with self._changed:
            while not self._closed:
                if self._value is not None and self._value.number > number:
                    return self._value
                if not self._changed.wait(end - time.monotonic()) and time.monotonic() >= end:
                    return None
        return None

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        """Nobody waits any longer."""
        with self._changed:
            self._closed = True
            self._tell()

    @contextmanager
    def listening(self, listener: Callable[[], object]) -> Iterator[None]:
        """For those who cannot wait, such as asyncio's loop: `listener` is called with each `put` and with `close`.

        It runs on their thread, which holds the lock, so that it must return at once; after the block it runs no more.
        """
        with self._changed:
            self._listeners.append(listener)
        try:
            yield
        finally:
            with self._changed:
                self._listeners.remove(listener)

    def _tell(self) -> None:
        self._changed.notify_all()
        for listener in self._listeners:
            listener()
