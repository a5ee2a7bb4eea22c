"""When a picture is taken: countdown, bursts, one order after another. Policy only: fed with times, does no I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from matting.errors import CameraError

SPACING = 0.5  # seconds between the pictures of a burst
PATIENCE = 10.0  # seconds that an order waits for a camera that gives nothing
MOST_ORDERS, MOST_PICTURES, LONGEST_COUNTDOWN = 4, 20, 60.0


@dataclass(slots=True)
class Order:
    """count pictures; tell: where its progress goes, a line at a time: "countdown 3", "taken PATH", "done", "error WHY"."""

    count: int
    due: float
    tell: Callable[[str], None]
    taken: int = 0
    told: int = 0


@dataclass(slots=True)
class Shutter:
    """Pressed by anybody, asked by the loop: `wants` says from when on a frame's arrival suits the order at the head."""

    _orders: list[Order] = field(default_factory=list)

    @property
    def busy(self) -> bool:
        return bool(self._orders)

    def press(self, now: float, count: int, countdown: float, tell: Callable[[str], None]) -> None:
        """Order `count` pictures, the first after `countdown` seconds.

        Raises:
            CameraError: numbers out of range, or too many orders wait already.
        """
        if not (1 <= count <= MOST_PICTURES and 0 <= countdown <= LONGEST_COUNTDOWN):
            raise CameraError(f"a snap is 1 to {MOST_PICTURES} pictures after a countdown of 0 to {LONGEST_COUNTDOWN:g} s")
        if len(self._orders) >= MOST_ORDERS:
            raise CameraError(f"{MOST_ORDERS} snaps are waiting already: let the camera finish them")
        self._orders.append(Order(count, now + countdown, tell, told=int(countdown) + 1))

    def count_down(self, now: float) -> None:
        """Tell every order that still counts down the whole seconds that are left, each once."""
        for order in self._orders:
            left = int(order.due - now) + 1
            if order.taken == 0 and order.due > now and left < order.told:
                order.told = left
                order.tell(f"countdown {left}")

    def wants(self, now: float) -> float | None:
        """The frame to take must have arrived at this time or later; None while none is to be taken."""
        return self._orders[0].due if self._orders and now >= self._orders[0].due else None

    def took(self, now: float, path: str) -> None:
        """A picture was taken for the order at the head."""
        order = self._orders[0]
        order.taken += 1
        order.tell(f"taken {path}")
        order.due = now + SPACING
        if order.taken == order.count:
            order.tell("done")
            self._orders.pop(0)

    def give_up(self, now: float, why: str) -> None:
        """End the order at the head if it has waited too long; `why` the camera gives nothing."""
        if self._orders and now - self._orders[0].due > PATIENCE:
            self.fail(why)

    def fail(self, why: str) -> None:
        """The order at the head cannot be carried out."""
        self._orders.pop(0).tell(f"error {why}")
