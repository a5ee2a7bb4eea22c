"""The matting network: a MobileNetV2 encoder without norms, a gated context, and a U-Net decoder of plain convolutions.

    photo 3 x 512 x 512 in -1..1
      encoder      1/2: 16   1/4: 24   1/8: 32   1/16: 96   1/32: 320 -> 1280 channels
      context      squeeze the 1280 channels to one vector of 320: it gates them and sets scale and shift further up
      meaning      1/32 -> 1/16 -> 1/8: where people are (5x5 convolutions, skips from the encoder)
      edges        1/8 -> 1/4 -> 1/2 -> 1: where exactly they end (3x3 convolutions, skips, the photo itself)
    alpha 1 x 512 x 512 in 0..1

Encoder: Sandler et al., "MobileNetV2" (2018). Context: Hu et al., "Squeeze-and-Excitation Networks" (2018) and Perez
et al., "FiLM" (2018). The shape of the first three parts follows Ke et al., "MODNet" (2022), so that its weights can be
inherited (see scripts.training.steps.inherit); scale and shift stand where MODNet normalises over the image.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Rows = tuple[tuple[int, int, tuple[int, ...]], ...]
SIDE = 512
MAX_PARAMETERS = 4_300_000

# MobileNetV2's rows: channels, stride of the first block, width inside each block. The widths are the published ones,
# 6 times a block's input, but for the second row (96, 144): it works at 1/2 and 1/4, where channels cost most time, and
# a third of them is redundant here, so they are pruned (scripts.training.steps.prune), to multiples of 16.
ROWS = (
    (16, 1, (32,)),
    (24, 2, (64, 96)),
    (32, 2, (144, 192, 192)),
    (64, 2, (192, 384, 384, 384)),
    (96, 1, (384, 576, 576)),
    (160, 2, (576, 960, 960)),
    (320, 1, (960,)),
)
SKIPS = (16, 24, 32, 96)  # channels of the last row at 1/2, 1/4, 1/8 and 1/16
DEEP, CONTEXT = 1280, 320
AT4, AT2 = 48, 32  # channels of the edges at 1/4 and 1/2: single hairs need room, and nothing else costs so much time


def conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    """A convolution with bias that keeps the size (divided by the stride)."""
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups)


def twice(x: Tensor) -> Tensor:
    """B x C x H x W -> B x C x 2H x 2W, bilinear between pixel centres."""
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


class Bottleneck(nn.Module):
    """Expand, filter each channel, project; the sum with the input where shapes agree."""

    def __init__(self, inputs: int, outputs: int, stride: int, width: int) -> None:
        super().__init__()
        self.expand = conv(inputs, width, 1) if width != inputs else None
        self.filter = conv(width, width, 3, stride, groups=width)
        self.project = conv(width, outputs, 1)
        self.residual = stride == 1 and inputs == outputs

    def inside(self, x: Tensor) -> Tensor:
        """What is projected: B x width x H x W in 0..6."""
        return F.relu6(self.filter(x if self.expand is None else F.relu6(self.expand(x))))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.project(self.inside(x))
        return x + y if self.residual else y


class Encoder(nn.Module):
    """3 x H x W -> features at 1/2, 1/4, 1/8, 1/16 (linear) and 1280 channels at 1/32 (0..6)."""

    def __init__(self, rows: Rows = ROWS) -> None:
        super().__init__()
        self.stem = conv(3, 32, 3, 2)
        inputs, built = 32, []
        for outputs, stride, widths in rows:
            row = []
            for number, width in enumerate(widths):
                row.append(Bottleneck(inputs, outputs, stride if number == 0 else 1, width))
                inputs = outputs
            built.append(nn.Sequential(*row))
        self.rows = nn.ModuleList(built)
        self.top = conv(inputs, DEEP, 1)

    def forward(self, x: Tensor) -> list[Tensor]:
        x = F.relu6(self.stem(x))
        features = []
        for row in self.rows:
            x = row(x)
            features.append(x)
        return [features[0], features[1], features[2], features[4], F.relu6(self.top(x))]


class Modulated(nn.Module):
    """Twice the size: 1x1 and 5x5 convolution plus skip, scaled and shifted by the context, rectified."""

    def __init__(self, inputs: int, rank: int, skip: int, outputs: int) -> None:
        super().__init__()
        self.reduce = conv(inputs, rank, 1)
        self.conv = conv(rank, outputs, 5)
        self.skip = conv(skip, outputs, 1)
        self.scale = conv(CONTEXT, outputs, 1)
        self.shift = conv(CONTEXT, outputs, 1)

    def forward(self, x: Tensor, skip: Tensor, context: Tensor) -> Tensor:
        y = self.conv(twice(self.reduce(x))) + self.skip(skip)
        return F.relu(y * self.scale(context) + self.shift(context))


class Meaning(nn.Module):
    """Encoder features -> 32 channels at 1/8 that know what belongs to a person."""

    def __init__(self) -> None:
        super().__init__()
        self.squeeze = conv(DEEP, CONTEXT, 1)
        self.excite = conv(CONTEXT, DEEP, 1)
        self.at16 = Modulated(DEEP, 64, SKIPS[3], 96)
        self.at8 = Modulated(96, 48, SKIPS[2], 32)

    def forward(self, skip8: Tensor, skip16: Tensor, deep: Tensor) -> Tensor:
        context = F.relu(self.squeeze(F.adaptive_avg_pool2d(deep, 1)))
        gated = deep * torch.sigmoid(self.excite(context))
        out: Tensor = self.at8(self.at16(gated, skip16, context), skip8, context)
        return out


class Refined(nn.Module):
    """The input plus what two 3x3 convolutions make of it (He et al., "Deep Residual Learning", 2016).

    The second begins at nothing, so that a trained network can be given one more and answers as before.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = conv(channels, channels)
        self.second = conv(channels, channels)
        for parameter in self.second.parameters():
            nn.init.zeros_(parameter)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.second(F.relu(self.first(x)))
        return x + y


class Edges(nn.Module):
    """32 channels at 1/8, two skips and the photo -> logits of alpha at full size.

    The last level works at 1/2 on what a 4x4 convolution saw of every photo pixel, and answers with the four alphas of
    each 2x2 block (Shi et al., "Efficient Sub-Pixel Convolution", 2016): full resolution at a quarter of the cost.
    at4, at2: channels at 1/4 and 1/2.
    """

    def __init__(self, at4: int = AT4, at2: int = AT2) -> None:
        super().__init__()
        self.skip4 = conv(SKIPS[1], 32, 1)
        self.at4 = conv(32, at4)
        self.refined4 = Refined(at4)
        self.narrow = conv(at4, at2, 1)
        self.skip2 = conv(SKIPS[0], at2, 1)
        self.detail = nn.Conv2d(3, at2, 4, 2, 1)
        self.at2 = nn.ModuleList([conv(at2, at2), conv(at2, at2)])
        self.refined2 = Refined(at2)
        self.alpha = conv(at2, 4)

    def forward(self, photo: Tensor, skip2: Tensor, skip4: Tensor, meaning: Tensor) -> Tensor:
        x = F.relu(twice(meaning) + self.skip4(skip4))
        x = self.refined4(F.relu(self.at4(x)))
        x = F.relu(twice(self.narrow(x)) + self.skip2(skip2) + self.detail(photo))
        for layer in self.at2:
            x = F.relu(layer(x))
        return F.pixel_shuffle(self.alpha(self.refined2(x)), 2)


class MattingNetwork(nn.Module):
    """B x 3 x H x W in -1..1, sides multiples of 32 -> alpha B x 1 x H x W in 0..1."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.meaning = Meaning()
        self.edges = Edges()

    def logits(self, photo: Tensor) -> tuple[Tensor, Tensor]:
        """Alpha before the sigmoid, and the 32 channels of meaning at 1/8 (training supervises both)."""
        skip2, skip4, skip8, skip16, deep = self.encoder(photo)
        meaning = self.meaning(skip8, skip16, deep)
        return self.edges(photo, skip2, skip4, meaning), meaning

    def forward(self, photo: Tensor) -> Tensor:
        return torch.sigmoid(self.logits(photo)[0])


def parameter_count(network: nn.Module) -> int:
    """All weights, trained or not."""
    return sum(p.numel() for p in network.parameters())
