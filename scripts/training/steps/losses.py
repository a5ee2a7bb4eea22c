"""What makes an alpha good: right everywhere, righter at the edge, right in its steps at every scale, right in meaning."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

BAND = 11  # the unknown band is as wide as in the score of the release
EDGE_WEIGHT, GAP_WEIGHT, PYRAMID_WEIGHT, GRADIENT_WEIGHT, SURE_WEIGHT, MEANING_WEIGHT = 3.0, 3.0, 1.0, 0.5, 0.1, 0.3
GAP = 15  # widest gap that counts, in quarters of the resolution
PYRAMID_LEVELS = 5


def unknown_band(alpha: Tensor) -> Tensor:
    """1 within BAND // 2 pixels of partial alpha, else 0; B x 1 x H x W."""
    partial = ((alpha > 0.02) & (alpha < 0.98)).to(alpha.dtype)
    return F.max_pool2d(partial, BAND, 1, BAND // 2)


def gaps(alpha: Tensor) -> Tensor:
    """1 where the truth is background between parts of people, up to 4 * GAP pixels apart: between locs, arm and body,
    fingers, spokes. What a morphological closing fills, at a quarter of the resolution; B x 1 x H x W."""
    small = F.avg_pool2d(alpha, 4)
    closed = -F.max_pool2d(-F.max_pool2d(small, GAP, 1, GAP // 2), GAP, 1, GAP // 2)
    return F.interpolate(closed, scale_factor=4.0, mode="bilinear", align_corners=False) * (1 - alpha)


def gradient(error: Tensor, trust: Tensor) -> Tensor:
    """Mean absolute difference of neighbours in the error of alpha, both ways: a scalar. Blurred strands have it large."""
    down, right = error[..., 1:, :] - error[..., :-1, :], error[..., 1:] - error[..., :-1]
    return weighted(down.abs(), trust[..., 1:, :]) + weighted(right.abs(), trust[..., 1:])


def weighted(error: Tensor, weight: Tensor) -> Tensor:
    """Mean of the error where the weight is, a scalar."""
    return (error * weight).sum() / weight.sum().clamp(min=1.0)


def pyramid(error: Tensor, trust: Tensor) -> Tensor:
    """Laplacian pyramid loss on the difference of two alphas (the pyramid is linear), levels weighted 2**k.

    Niklaus and Liu, "Context-aware Synthesis for Video Frame Interpolation" (2018); Hou and Liu, "Context-Aware Image
    Matting" (2019). Average pooling stands in for the Gaussian: on a CPU it costs a tenth.
    """
    total = error.new_zeros(())
    for level in range(PYRAMID_LEVELS):
        smaller = F.avg_pool2d(error, 2)
        detail = error - F.interpolate(smaller, scale_factor=2.0, mode="bilinear", align_corners=False)
        total = total + 2.0**level * weighted(detail.abs(), trust)
        error, trust = smaller, F.avg_pool2d(trust, 2)
    return total / PYRAMID_LEVELS


def loss(logits: Tensor, meaning: Tensor, alpha: Tensor, trust: Tensor) -> Tensor:
    """One scalar. logits, alpha, trust: B x 1 x H x W; meaning: logits of the coarse alpha, B x 1 x H/8 x W/8.

    The cross-entropy keeps a gradient where the sigmoid is saturated and wrong: a lost arm, a bystander taken along.
    """
    error = torch.sigmoid(logits) - alpha
    band = unknown_band(alpha)
    importance = trust * (1 + EDGE_WEIGHT * band + GAP_WEIGHT * gaps(alpha))
    sure = F.binary_cross_entropy_with_logits(logits, alpha, reduction="none")
    return (
        weighted(error.abs(), importance)
        + PYRAMID_WEIGHT * pyramid(error, trust)
        + GRADIENT_WEIGHT * gradient(error, trust * band)
        + SURE_WEIGHT * weighted(sure, trust)
        + coarse(meaning, alpha, trust)
    )


def coarse(meaning: Tensor, alpha: Tensor, trust: Tensor) -> Tensor:
    """The share of the meaning in the loss: cross-entropy at 1/8, a scalar."""
    error = F.binary_cross_entropy_with_logits(meaning, F.avg_pool2d(alpha, 8), reduction="none")
    return MEANING_WEIGHT * weighted(error, F.avg_pool2d(trust, 8))
