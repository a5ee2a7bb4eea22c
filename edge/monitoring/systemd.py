"""What systemd is told: readiness, a line for people, proof of life. Protocol: sd_notify(3), sd_watchdog_enabled(3)."""

from __future__ import annotations

import contextlib
import os
import socket


class Notifier:
    """Messages to the service manager; none are sent where nobody asked for them.

    watchdog: seconds within which it must hear `alive`, or None.
    """

    def __init__(self, address: str | None, watchdog: float | None) -> None:
        self._address = address
        self.watchdog = watchdog

    @classmethod
    def from_environment(cls) -> Notifier:
        """As systemd set it up; the variables are taken away, since children must not speak for the service."""
        address = os.environ.pop("NOTIFY_SOCKET", None)
        watchdog = os.environ.pop("WATCHDOG_USEC", None)
        meant = os.environ.pop("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        return cls(address, int(watchdog) / 1e6 if watchdog and meant else None)

    def ready(self) -> None:
        """The service answers."""
        self._send("READY=1")

    def stopping(self) -> None:
        """The service ends of its own accord."""
        self._send("STOPPING=1")

    def alive(self) -> None:
        """Work goes on: feeds the watchdog."""
        self._send("WATCHDOG=1")

    def say(self, line: str) -> None:
        """One line for `systemctl status`."""
        self._send("STATUS=" + " ".join(line.split()))

    def _send(self, message: str) -> None:
        if not self._address:
            return
        # "@" stands for the zero byte that begins an abstract socket's name.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender, contextlib.suppress(OSError):
            # A service manager that is away or slow is no reason to stop cutting photos.
            sender.sendto(message.encode(), address)
