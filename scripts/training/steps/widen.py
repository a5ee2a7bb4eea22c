"""Give trained weights to a network with more channels, so that it answers exactly as before and can learn more.

As Net2WiderNet (Chen, Goodfellow and Shlens, "Net2Net: Accelerating Learning via Knowledge Transfer", 2016), but channels are
not doubled: the new ones compute something random, which nothing that was there before listens to. Their weight in the
answer begins at nothing and has a gradient at once.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


def widened(new: Tensor, old: Tensor) -> Tensor:
    """A convolution's weight (O x I x K x K) or bias (O) as large as `new`, which gives the further outputs.

    Old outputs see the old inputs as they did, and nothing of the further ones.
    """
    if (
        new.dim() != old.dim()
        or new.shape[2:] != old.shape[2:]
        or any(a < b for a, b in zip(new.shape, old.shape, strict=True))
    ):
        raise ValueError(f"{tuple(old.shape)} does not fit into {tuple(new.shape)}")
    out = new.clone()
    out[: len(old)] = 0
    out[tuple(slice(size) for size in old.shape)] = old
    return out


def load(network: nn.Module, old: Mapping[str, Tensor]) -> None:
    """Fill a network, whose layers have at least as many channels, from the state of a narrower one; the same each time."""
    own = network.state_dict()
    if own.keys() != old.keys():
        raise ValueError(f"the weights are of another network: {sorted(own.keys() ^ old.keys())}")
    random = torch.Generator().manual_seed(0)
    network.load_state_dict({name: widened(_begun(name, like, random), old[name]) for name, like in own.items()})


def _begun(name: str, like: Tensor, random: torch.Generator) -> Tensor:
    """What the further channels begin at: as PyTorch begins convolutions, and at nothing where a layer and all biases do."""
    if like.dim() == 1 or ("refined" in name and ".second." in name):
        return torch.zeros_like(like)
    reach = (like.shape[0] / like.numel()) ** 0.5
    begun: Tensor = (torch.rand(like.shape, generator=random) * 2 - 1) * reach
    return begun
