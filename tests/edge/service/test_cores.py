"""Who gets how many cores."""

from __future__ import annotations

import pytest

from edge.service.cores import cores_for_photo


@pytest.mark.parametrize(
    ("cores", "in_hand", "waiting", "given"),
    [(8, 0, 0, 8), (8, 1, 0, 4), (8, 0, 3, 2), (8, 2, 200, 1), (2, 1, 0, 1), (1, 0, 0, 1), (6, 1, 0, 3)],
)
def test_one_alone_has_all_and_a_backlog_one_each(cores: int, in_hand: int, waiting: int, given: int) -> None:
    assert cores_for_photo(cores, in_hand, waiting) == given
