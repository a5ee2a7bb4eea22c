"""Make a trained encoder narrower: keep the channels inside each block that its output needs most, refit the rest.

Channel pruning by reconstruction (He, Zhang and Sun, "Channel Pruning for Accelerating Very Deep Neural Networks",
2017), with orthogonal matching pursuit in place of the lasso: channels are taken one by one, each time the one that
explains most of what is still missing, and the projection is refitted by least squares. Blocks are treated in order,
on the inputs that the pruned blocks before them really give, so that later blocks make up for earlier ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from scripts.training.network import Bottleneck, Encoder

POSITIONS = 512  # sampled per photo


def pick(inside: Tensor, wanted: Tensor, count: int) -> Tensor:
    """Indices of `count` columns of `inside` (N x C, centred) that together best explain `wanted` (N x O, centred)."""
    left, cross = inside.T @ inside, wanted.T @ inside
    floor = 1e-9 * left.diagonal().max()
    chosen: list[int] = []
    for _ in range(count):
        gain = cross.square().sum(0) / left.diagonal().clamp(min=floor)
        gain[left.diagonal() <= floor] = 0
        gain[chosen] = -1
        best = int(gain.argmax())
        chosen.append(best)
        if left[best, best] > floor:
            column = left[:, best] / left[best, best]
            cross = cross - torch.outer(cross[:, best], column)
            left = left - torch.outer(left[:, best], column)
    return torch.tensor(sorted(chosen))


def copy(source: nn.Conv2d, target: nn.Conv2d, keep: Tensor | None = None) -> None:
    """The weights of the kept outputs."""
    rows = torch.arange(source.out_channels) if keep is None else keep
    assert source.bias is not None and target.bias is not None
    target.weight.copy_(source.weight[rows])
    target.bias.copy_(source.bias[rows])


def copy_block(whole: Bottleneck, same: Bottleneck) -> None:
    """A block that keeps its width keeps its weights."""
    same.load_state_dict(whole.state_dict())


def prune_block(whole: Bottleneck, small: Bottleneck, inputs: Sequence[Tensor], wanted: Sequence[Tensor]) -> float:
    """Fill `small` so that on `inputs` it gives `wanted` (a 1 x C x H x W each); the relative error that is left."""
    insides, aims = [], []
    for x, y in zip(inputs, wanted, strict=True):
        inside, aim = whole.inside(x), y - x if whole.residual else y
        at = torch.randint(inside[0, 0].numel(), (POSITIONS,))
        insides.append(inside[0].flatten(1).T[at].double())
        aims.append(aim[0].flatten(1).T[at].double())
    seen, aimed = torch.cat(insides), torch.cat(aims)
    mean, centre = seen.mean(0), aimed.mean(0)
    seen, aimed = seen - mean, aimed - centre
    keep = pick(seen, aimed, small.project.in_channels)
    if whole.expand is not None and small.expand is not None:
        copy(whole.expand, small.expand, keep)
    copy(whole.filter, small.filter, keep)
    kept = seen[:, keep]
    gram = kept.T @ kept
    gram += 1e-4 * gram.diagonal().mean() * torch.eye(len(keep), dtype=gram.dtype)
    weight = torch.linalg.solve(gram, kept.T @ aimed).T
    assert small.project.bias is not None
    small.project.weight.copy_(weight[:, :, None, None])
    small.project.bias.copy_(centre - weight @ mean[keep])
    return float((aimed - kept @ weight.T).square().sum() / aimed.square().sum())


@torch.no_grad()
def prune(whole: Encoder, small: Encoder, photos: Sequence[Tensor]) -> list[float]:
    """Fill `small` from `whole` by what both see on `photos` (1 x 3 x H x W in -1..1); relative error by pruned block."""
    torch.manual_seed(0)
    copy(whole.stem, small.stem)
    copy(whole.top, small.top)
    ours = theirs = [F.relu6(whole.stem(p)) for p in photos]
    errors = []
    for row, thin_row in zip(whole.rows, small.rows, strict=True):
        for block, thin in zip(row.children(), thin_row.children(), strict=True):
            assert isinstance(block, Bottleneck) and isinstance(thin, Bottleneck)
            theirs = [block(x) for x in theirs]
            if block.project.in_channels == thin.project.in_channels:
                copy_block(block, thin)
            else:
                errors.append(prune_block(block, thin, ours, theirs))
            ours = [thin(x) for x in ours]
    return errors
