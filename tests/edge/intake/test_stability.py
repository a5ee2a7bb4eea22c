from __future__ import annotations

from pathlib import PurePosixPath

from edge.fs.identity import Identity
from edge.fs.sighting import Sighting
from edge.intake.stability import StabilityTracker


def sighting(name: str, size: int = 1) -> Sighting:
    return Sighting(PurePosixPath(name), Identity(1, size, 0))


def test_a_file_is_due_only_after_it_stood_still() -> None:
    tracker = StabilityTracker(settle=1.0, capacity=8)
    tracker.see(sighting("a"), now=0.0)
    assert tracker.due(0.9) == []
    assert tracker.due(1.0) == [sighting("a")]


def test_growth_starts_the_time_anew() -> None:
    tracker = StabilityTracker(settle=1.0, capacity=8)
    tracker.see(sighting("a", 1), now=0.0)
    tracker.see(sighting("a", 2), now=0.9)
    assert tracker.due(1.8) == []
    assert tracker.due(2.0) == [sighting("a", 2)]


def test_a_closed_file_is_due_at_once_and_known_to_rest_on_that() -> None:
    tracker = StabilityTracker(settle=1.0, capacity=8)
    tracker.see(sighting("a"), now=0.0, closed=True)
    assert tracker.due(0.0) == [sighting("a")]
    assert tracker.was_closed(PurePosixPath("a"))


def test_a_close_counts_for_that_content_only() -> None:
    tracker = StabilityTracker(settle=1.0, capacity=8)
    tracker.see(sighting("a", 1), now=0.0, closed=True)
    tracker.see(sighting("a", 2), now=0.1)
    assert tracker.due(0.2) == []


def test_no_more_than_its_capacity_is_remembered() -> None:
    tracker = StabilityTracker(settle=1.0, capacity=2)
    for name in "abc":
        tracker.see(sighting(name), now=0.0)
    assert len(tracker) == 2
    tracker.forget(PurePosixPath("a"))
    tracker.see(sighting("c"), now=0.0)
    assert [s.path.name for s in tracker.due(5.0)] == ["b", "c"]


def test_next_due_says_when_to_look() -> None:
    tracker = StabilityTracker(settle=1.0, capacity=2)
    assert tracker.next_due(0.0) is None
    tracker.see(sighting("a"), now=0.0)
    assert tracker.next_due(0.25) == 0.75
