"""Strands: alpha follows what was drawn, heads are found, and what is not the person's keeps away and changes no alpha."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("torch")
pytest.importorskip("pymatting")

from scripts.training.data import bystanders, hair, strands

Pixels = npt.NDArray[np.uint8]
RED, BLUE = (255, 0, 0), (0, 0, 255)


def bust(side: int = 256) -> tuple[Pixels, Pixels]:
    """A red head on red shoulders before blue: photo and alpha."""
    alpha = np.zeros((side, side), np.uint8)
    cv2.circle(alpha, (side // 2, side * 2 // 5), side // 6, 255, -1)
    cv2.rectangle(alpha, (side * 7 // 16, side // 2), (side * 9 // 16, side * 3 // 4), 255, -1)
    cv2.ellipse(alpha, (side // 2, side), (side * 2 // 5, side * 3 // 10), 0, 180, 360, 255, -1)
    return np.where(alpha[..., None] > 127, np.array(RED, np.uint8), np.array(BLUE, np.uint8)), alpha


def test_a_head_ends_at_the_neck() -> None:
    _, alpha = bust()
    found = hair.head(alpha)
    assert found is not None
    top, neck, wide = found
    assert abs(top - 60) < 3 and 130 < neck < 200 and abs(wide - 85) < 4
    assert hair.head(np.zeros_like(alpha)) is None


def test_a_strand_covers_what_its_width_says_and_its_colours_are_multiplied_by_that() -> None:
    line = np.stack([np.linspace(10, 90, 30), np.full(30, 50.0)], 1)[None]
    drawn = strands.draw(100, line, np.full((1, 3), 100, np.float32), np.array([3]))
    cover = drawn[..., 3] / 255
    assert cover[50, 15:60].mean() == pytest.approx(1, abs=0.1) and cover[:47].max() == 0 and cover[54:].max() == 0
    seen = cover > 0
    assert (drawn[..., 0][seen] <= cover[seen] * 116 + 1).all() and (drawn[..., 0][seen] >= cover[seen] * 84 - 1).all()


def test_grown_hair_is_in_photo_and_alpha_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one colour, which the photo has nowhere else: green is exactly where alpha came to."""
    monkeypatch.setattr(
        hair, "hair_colours", lambda _, __, roots, ___: np.full((len(roots.points), 3), (0, 100, 0), np.float32)
    )
    photo, alpha = bust()
    more = 0.0
    for seed in range(20):
        drawn = hair.grow(photo, alpha, np.random.default_rng(seed))
        assert drawn is not None
        joined = hair.join(drawn, alpha.astype(np.float32))
        assert (joined >= alpha - 1e-3).all() and joined.max() <= 255.001
        laid = hair.lay(drawn, photo.astype(np.float32))
        outside = alpha == 0
        assert np.abs(laid[..., 2] - (255 - joined))[outside].max() < 1, "blue is what no strand covers"
        assert np.abs(laid[..., 1] / 100 - joined / 255)[outside].max() < 0.2, "and green what one does"
        more += (joined[outside] > 10).mean()
    assert more > 0.1


def test_litter_stays_away_from_the_person() -> None:
    photo, alpha = bust()
    near = cv2.dilate(alpha, np.ones((7, 7), np.uint8)) > 0
    shown = 0.0
    for seed in range(20):
        drawn = hair.litter(photo, alpha, np.random.default_rng(seed))
        if drawn is not None:
            assert drawn[near].max() < 13
            shown += (drawn[..., 3] > 20).mean()
    assert shown > 0.05


def test_whoever_walks_by_has_a_smaller_head_and_higher_feet() -> None:
    _, alpha = bust()
    body = np.zeros((300, 120), np.uint8)
    cv2.ellipse(body, (60, 40), (18, 24), 0, 0, 360, 255, -1)
    cv2.rectangle(body, (50, 60), (70, 80), 255, -1)
    cv2.rectangle(body, (30, 80), (90, 280), 255, -1)
    planes = np.dstack([np.zeros((300, 120, 6), np.uint8), body, np.full_like(body, 255)])
    ahead = hair.head(alpha)
    assert ahead is not None
    seen = 0
    for seed in range(30):
        layer = bystanders.bystander(planes, alpha, np.random.default_rng(seed))
        if layer is None or layer[..., 3].max() < 200:
            continue
        rows = np.flatnonzero(layer[..., 3].max(1) > 127)
        assert len(rows) < 0.6 * ahead[2] / 36 * 270 and rows[-1] < 255
        seen += 1
    assert seen > 10
