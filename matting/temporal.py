"""How restless a sequence of mattes is, and whether it drags trails, against the true one.

dtSSD after Erofeev, Gitman, Vatolin, Fedorov and Wang, "Perceptually motivated benchmark for video matting", BMVC 2015:
the difference between the changes of the mattes and the changes of the truth, from each frame to the next.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from matting.photo import F32

UNCOVERED = 10  # frames after the person has left a pixel in which a trail would show there


def flicker(mattes: Sequence[F32], truth: Sequence[F32]) -> float:
    """dtSSD x100: 0 for mattes that change exactly as the truth does. Both: at least two frames of HxW, 0..1."""
    pairs = zip(mattes[:-1], mattes[1:], truth[:-1], truth[1:], strict=True)
    return float(np.mean([np.sqrt(np.mean(((b - a) - (d - c)) ** 2)) for a, b, c, d in pairs]) * 100)


def trails(mattes: Sequence[F32], truth: Sequence[F32]) -> float:
    """Mean alpha x1000 where the person was within the last frames and is no more: what is dragged behind, and the
    network's own error there. NaN where nobody moved."""
    left = []
    for index in range(1, len(truth)):
        was = np.max(truth[max(0, index - UNCOVERED) : index], axis=0) > 0.95
        gone = was & (truth[index] < 0.005)
        left.append(mattes[index][gone])
    values = np.concatenate(left) if left else np.empty(0, np.float32)
    return float(values.mean() * 1000) if values.size else float("nan")


def error(mattes: Sequence[F32], truth: Sequence[F32]) -> float:
    """Mean absolute difference x1000 over all frames (MAD)."""
    return float(np.mean([np.abs(matte - true).mean() for matte, true in zip(mattes, truth, strict=True)]) * 1000)
