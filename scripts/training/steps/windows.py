"""Train the edges where it is cheap: the encoder is frozen and run by ONNX Runtime, and the edges see windows of a picture.

On a CPU a step costs a third of what it does on whole pictures; all of the picture is still seen by encoder and meaning, so
nothing is learned that is wrong at full size.
"""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from scripts.training.network import Encoder
from scripts.training.steps.losses import unknown_band

MARGIN = 8  # pixels inside a window's border, where the edges lack what lies outside
TRIES = 8


class FrozenEncoder:
    """What an encoder answers for photos B x 3 x side x side in -1..1, by ONNX Runtime: 3 to 7 times as fast as PyTorch."""

    def __init__(self, encoder: Encoder, side: int, threads: int = 2) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            path = Path(folder) / "encoder.onnx"
            photo = torch.zeros(1, 3, side, side)
            torch.onnx.export(encoder, (photo,), str(path), opset_version=17, input_names=["photo"], dynamo=False)
            self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def __call__(self, photo: Tensor) -> list[Tensor]:
        answers = [self.session.run(None, {"photo": np.ascontiguousarray(p[None].numpy())}) for p in photo]
        return [torch.from_numpy(np.concatenate(level)) for level in zip(*answers, strict=True)]


def corners(alpha: Tensor, trust: Tensor, side: int, count: int) -> list[tuple[int, int, int]]:
    """Picture, row and column of `count` windows in each picture (B x 1 x H x W), multiples of 8: of a few tries one after the
    other is taken by how much unknown band it shows; the last is anywhere. The draw depends on what is in the pictures."""
    band = F.avg_pool2d(unknown_band(alpha) * trust, 8)[:, 0]
    random = np.random.default_rng(int(alpha.sum().item() * 16) % 2**32)
    cells, out = side // 8, []
    for picture, plane in enumerate(band):
        tall, wide = plane.shape
        places = random.integers(0, (tall - cells + 1, wide - cells + 1), (TRIES, 2))
        shown = np.array([float(plane[y : y + cells, x : x + cells].sum()) for y, x in places]) + 1e-3
        for number in range(count):
            at = random.choice(TRIES, p=shown / shown.sum()) if number < count - 1 or random.random() < 0.75 else 0
            out.append((picture, int(places[at][0]) * 8, int(places[at][1]) * 8))
    return out


def cut(plane: Tensor, where: list[tuple[int, int, int]], side: int, stride: int = 1) -> Tensor:
    """Windows of a plane (B x C x H/stride x W/stride), one below the other."""
    windows = [plane[b, :, y // stride : (y + side) // stride, x // stride : (x + side) // stride] for b, y, x in where]
    return torch.stack(windows).contiguous(memory_format=torch.channels_last)


def inside(trust: Tensor) -> Tensor:
    """Trust in a window but for its margin."""
    return nn.functional.pad(trust[..., MARGIN:-MARGIN, MARGIN:-MARGIN], (MARGIN,) * 4)
