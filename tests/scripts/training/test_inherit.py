"""Pruning and factorising: exact where they can be, close where they cannot."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("pymatting")
pytest.importorskip("onnx")

from scripts.training.network import Encoder  # noqa: E402
from scripts.training.steps.inherit import factors, regress  # noqa: E402
from scripts.training.steps.prune import pick, prune  # noqa: E402

WIDE = ((16, 1, (32,)), (24, 2, (64, 64)))


def test_pruning_to_the_same_width_changes_nothing() -> None:
    torch.manual_seed(0)
    whole, same = Encoder(WIDE), Encoder(WIDE)
    assert prune(whole, same, [torch.randn(1, 3, 32, 32)]) == []
    assert all((same.state_dict()[k] == v).all() for k, v in whole.state_dict().items())


def test_pick_finds_the_channels_that_matter() -> None:
    torch.manual_seed(0)
    inside = torch.randn(500, 8).double()
    wanted = inside[:, [1, 4, 6]] @ torch.randn(3, 5).double()
    assert pick(inside - inside.mean(0), wanted - wanted.mean(0), 3).tolist() == [1, 4, 6]


def test_idle_channels_are_pruned_without_loss() -> None:
    torch.manual_seed(0)
    whole, small = Encoder(WIDE), Encoder(((16, 1, (32,)), (24, 2, (48, 64))))
    project = whole.get_parameter("rows.1.0.project.weight")
    with torch.no_grad():
        project[:, ::4] = 0
    photos = [torch.randn(1, 3, 64, 64) for _ in range(4)]
    (error,) = prune(whole, small, photos)
    assert error < 1e-3


def test_factors_are_exact_where_the_rank_allows() -> None:
    random = np.random.default_rng(0)
    low = random.normal(size=(4, 12)).astype(np.float32)
    high = random.normal(size=(6, 4, 5, 5)).astype(np.float32)
    weight = np.einsum("orij,rc->ocij", high, low).astype(np.float32)
    first, second = factors(weight, np.eye(12), 4)
    np.testing.assert_allclose(np.einsum("orij,rc->ocij", second, first), weight, atol=1e-3)


def test_regression_turns_a_fixed_target_into_a_bias() -> None:
    layer = torch.nn.Conv2d(5, 3, 1).requires_grad_(False)
    context = np.random.default_rng(0).normal(size=(40, 5)).astype(np.float32)
    regress(layer, context, np.tile(np.array([1, 2, 3], np.float32), (40, 1)))
    assert float(layer.weight.abs().max()) < 1e-5
    assert layer.bias.tolist() == pytest.approx([1, 2, 3])
