"""The hooks that are configured, each with its queue."""

from __future__ import annotations

import time
from functools import partial

from edge.config.hooks import HooksOptions
from edge.hooks.command import Command
from edge.hooks.queue import HookQueue, Tell
from edge.hooks.record import encoded, record_of
from edge.monitoring.counters import Counters
from edge.monitoring.events import Event

_FAREWELL = 5.0  # seconds in which what waits is tried once more, when the service ends
_DRAIN = 30.0  # seconds that a service waits for its hooks that ends because the inbox is empty


class Hooks:
    """Hears what becomes of photos on the loop's thread, and passes it on. counters: where photos are counted that a hook was
    not told of."""

    def __init__(self, options: HooksOptions, counters: Counters) -> None:
        self._stopping = False
        tells: dict[str, Tell] = {}
        if options.url is not None:
            from edge.hooks.webhook import Webhook  # with the library's HTTP client, which others need not pay for

            tells["url"] = Webhook(options.url)
        if options.command:
            tells["command"] = Command(options.command)
        counters.hooks_failed.update(dict.fromkeys(tells, 0))
        self._queues = [
            HookQueue(f"hooks.{name}", tell, options.timeout, partial(counters.note_hook_failed, name))
            for name, tell in tells.items()
        ]

    def hear(self, event: Event) -> None:
        """A request's photo is told to its client alone."""
        record = None if event.private or not self._queues else record_of(event)
        if record is not None:
            body = encoded(record)
            for queue in self._queues:
                queue.put(event.name, body)

    def stop(self) -> None:
        """Whoever waits in `drain` waits no more. Safe from signal handlers."""
        self._stopping = True

    def drain(self) -> None:
        """Wait until they are told of everything, for half a minute at most."""
        end = time.monotonic() + _DRAIN
        while not self._stopping and time.monotonic() < end and not all(queue.idle for queue in self._queues):
            time.sleep(0.02)

    def close(self) -> None:
        """What waits is tried once more, for some seconds, and then let go."""
        for queue in self._queues:
            queue.end(_FAREWELL)
        for queue in self._queues:
            queue.join()
