"""Start from a trained teacher: MODNet's encoder exactly, its low-resolution branch nearly.

The teacher is MODNet's ONNX file (Ke et al. 2022, Apache-2.0). Its encoder convolutions carry folded norms, so they
are copied, then pruned (scripts.training.steps.prune). Its two 5x5 convolutions become a 1x1 and a 5x5 each: the best factors
of the given rank for the activations that really occur. Its instance norms become a scale and shift that are predicted,
by ridge regression, from the context vector of the same image.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch
from onnx import numpy_helper
from torch import nn
from torch.nn import functional as F
from tqdm import tqdm

from scripts.training.network import ROWS, Encoder, MattingNetwork, Modulated
from scripts.training.steps.prune import prune

Array = npt.NDArray[np.float32]
FEATURES = ("1018", "476", "514", "603", "658")  # 1/2, 1/4, 1/8, 1/16, 1/32: Encoder.forward's answer, in order
CONTEXT, GATED, BEFORE16, AFTER16, BEFORE8 = "672", "686", "692", "708", "714"
INNER = (CONTEXT, GATED, BEFORE16, AFTER16, BEFORE8)
UNPRUNED = tuple((c, n, (96, 144)) if c == 24 else (c, n, w) for c, n, w in ROWS)
NORM = "lr_branch.conv_lr{}x.layers.1.bnorm.{}"
EPSILON = 1e-5


@dataclass(frozen=True)
class Teacher:
    """The teacher's weights by name, its convolutions in graph order, and a session that also gives inner tensors."""

    weights: dict[str, Array]
    convolutions: list[tuple[Array, Array]]
    session: onnxruntime.InferenceSession

    def inner(self, photo: Array, names: Sequence[str]) -> list[Array]:
        """Named tensors for one photo 1 x 3 x 512 x 512 in -1..1."""
        return [np.asarray(a) for a in self.session.run(list(names), {"input": photo})]


def load_teacher(path: Path) -> Teacher:
    """Open the ONNX file with the inner tensors that inheritance needs as further outputs."""
    model = onnx.load(str(path))
    weights = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    convolutions = [(weights[n.input[1]], weights[n.input[2]]) for n in model.graph.node if n.op_type == "Conv"]
    for name in (*FEATURES, *INNER):
        model.graph.output.append(onnx.ValueInfoProto(name=name))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return Teacher(weights, convolutions, session)


def fill(layer: nn.Conv2d, weight: Array, bias: Array) -> None:
    """Overwrite a convolution's weights, shape-checked."""
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(np.array(weight)).reshape(layer.weight.shape))
        assert layer.bias is not None
        layer.bias.copy_(torch.from_numpy(np.array(bias)))


def teacher_encoder(teacher: Teacher) -> Encoder:
    """The unpruned encoder: its convolutions come first in the teacher's graph, in the order in which ours are defined."""
    encoder = Encoder(UNPRUNED)
    ours = [m for m in encoder.modules() if isinstance(m, nn.Conv2d)]
    for layer, (weight, bias) in zip(ours, teacher.convolutions, strict=False):
        fill(layer, weight, bias)
    return encoder


def factors(weight: Array, covariance: npt.NDArray[np.float64], rank: int) -> tuple[Array, Array]:
    """Split O x I x 5 x 5 into rank x I and O x rank x 5 x 5, least squares under the inputs' covariance."""
    outputs, inputs = weight.shape[:2]
    values, vectors = np.linalg.eigh(covariance + 1e-6 * np.trace(covariance) / inputs * np.eye(inputs))
    root, inverse = vectors * np.sqrt(values) @ vectors.T, vectors / np.sqrt(values) @ vectors.T
    rows = weight.transpose(0, 2, 3, 1).reshape(-1, inputs).astype(np.float64)
    left, size, right = np.linalg.svd(rows @ root, full_matrices=False)
    low = (right[:rank] @ inverse) * size[:rank, None] ** 0.5
    high = (left[:, :rank] * size[:rank] ** 0.5).reshape(outputs, 5, 5, rank).transpose(0, 3, 1, 2)
    return low.astype(np.float32), high.astype(np.float32)


def targets(before: list[Array], teacher: Teacher, level: int) -> tuple[Array, Array]:
    """The scale and shift that the teacher's half batch, half instance norm applied, images x channels each."""
    names = ("weight", "bias", "running_mean", "running_var")
    gain, offset, mean, variance = (teacher.weights[NORM.format(level, n)] for n in names)
    half, scales, shifts = len(gain), [], []
    for x in before:
        own = x[0, half:].reshape(half, -1)
        fixed, moving = gain / np.sqrt(variance + EPSILON), 1 / np.sqrt(own.var(1) + EPSILON)
        scales.append(np.concatenate([fixed, moving]))
        shifts.append(np.concatenate([offset - mean * fixed, -own.mean(1) * moving]))
    return np.stack(scales), np.stack(shifts)


def regress(layer: nn.Conv2d, context: Array, target: Array) -> None:
    """Ridge regression of images x channels on images x CONTEXT; a fixed target becomes a pure bias."""
    centre, average = context.mean(0), target.mean(0)
    x, y = (context - centre).astype(np.float64), (target - average).astype(np.float64)
    strength = 0.1 * np.trace(x.T @ x) / x.shape[1]
    weight = np.linalg.solve(x.T @ x + strength * np.eye(x.shape[1]), x.T @ y).T
    fill(layer, weight.astype(np.float32), (average - weight @ centre).astype(np.float32))


def copy_level(level: Modulated, weight: Array, bias: Array, covariance: npt.NDArray[np.float64]) -> None:
    """Both convolutions from the teacher's one; the encoder's skip starts at nothing, for the teacher has none there."""
    low, high = factors(weight, covariance, level.reduce.out_channels)
    fill(level.reduce, low, np.zeros(len(low), np.float32))
    fill(level.conv, high, bias)
    fill(level.skip, np.zeros(level.skip.weight.shape, np.float32), np.zeros(len(bias), np.float32))


def square(x: Array) -> npt.NDArray[np.float64]:
    """1 x C x H x W -> the C x C sum of products over positions."""
    flat = x[0].reshape(x.shape[1], -1).astype(np.float64)
    return np.asarray(flat @ flat.T)


def inherit(network: MattingNetwork, teacher: Teacher, photos: Sequence[Array]) -> None:
    """Fill encoder and meaning; `photos` (1 x 3 x 512 x 512 in -1..1 each) show what activations occur."""
    prune(teacher_encoder(teacher), network.encoder, [torch.from_numpy(p) for p in photos[:32]])
    meaning, weights = network.meaning, teacher.weights
    fill(meaning.squeeze, weights["1168"].T, np.zeros(weights["1168"].shape[1], np.float32))
    fill(meaning.excite, weights["1169"].T, np.zeros(weights["1169"].shape[1], np.float32))
    inner = [
        (c.reshape(-1), square(g), b16, square(a16), b8)
        for c, g, b16, a16, b8 in (teacher.inner(p, INNER) for p in tqdm(photos, "inherit"))
    ]
    contexts, gated, before16, after16, before8 = (list(column) for column in zip(*inner, strict=True))
    known = np.stack(contexts)
    for level, before, covariance, size in (
        (meaning.at16, before16, sum(gated), 16),
        (meaning.at8, before8, sum(after16), 8),
    ):
        name = f"lr_branch.conv_lr{size}x.layers.0."
        copy_level(level, weights[name + "weight"], weights[name + "bias"], covariance)
        scale, shift = targets(before, teacher, size)
        regress(level.scale, known, scale)
        regress(level.shift, known, shift)


def difference(teacher: Teacher, photo: Array) -> list[float]:
    """Largest absolute difference of each unpruned encoder feature from the teacher's, as a proof of the port."""
    with torch.no_grad():
        ours = teacher_encoder(teacher)(torch.from_numpy(photo))
    theirs = teacher.inner(photo, FEATURES)
    return [float(F.l1_loss(a, torch.from_numpy(b), reduction="none").max()) for a, b in zip(ours, theirs, strict=True)]
