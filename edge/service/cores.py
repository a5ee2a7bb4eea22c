"""How many cores a photo gets: a guest who waits alone has the whole board, photos of a backlog have one each."""

from __future__ import annotations


def cores_for_photo(cores: int, in_hand: int, waiting: int) -> int:
    """cores: of the board's budget. in_hand: photos that the worker has already. waiting: photos seen waiting, this one not
    among them. At least 1."""
    return max(1, cores // (1 + in_hand + waiting))
