"""What each choice in the network and its training is worth: the model card's ablation table.

    .venv/bin/python -m scripts.training.ablate --data DIR --work DIR [--steps 300]

From the published encoder and meaning, which stay as they are, the edge decoder is trained anew in each variant: the same
samples, steps and rates, at 320x320. What comes out is worse than what is published, and comparable.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from scripts.training.data import prepare
from scripts.training.data.composites import Composer, Sample
from scripts.training.network import AT2, AT4, SIDE, Edges, parameter_count, twice
from scripts.training.steps import loop, losses, validate

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED = ROOT / "models" / "portrait" / "portrait.pt"


@dataclass(frozen=True)
class Variant:
    """norm: after each 3x3 convolution, "" for none. taught: photos with the teacher's mattes alone, nothing exact."""

    title: str
    norm: str = ""
    refined: bool = True
    detail: bool = True
    skips: bool = True
    pyramid: bool = True
    taught: bool = False


VARIANTS = (
    Variant("as shipped"),
    Variant("BatchNorm while training, folded", norm="batch"),
    Variant("GroupNorm, which cannot be folded", norm="group"),
    Variant("without the residual pairs", refined=False),
    Variant("without the detail path", detail=False),
    Variant("without the encoder's skips", skips=False),
    Variant("loss without the Laplacian pyramid", pyramid=False),
    Variant("teacher's mattes only, no exact composites", taught=True),
)


def norm(kind: str, channels: int) -> nn.Module:
    if kind == "batch":
        return nn.BatchNorm2d(channels)
    return nn.GroupNorm(8, channels) if kind == "group" else nn.Identity()


class OtherEdges(Edges):
    """The edge decoder of a variant; see `Edges.forward`, which this is but for what the variant leaves out or adds."""

    def __init__(self, variant: Variant) -> None:
        super().__init__()
        self.variant = variant
        self.norm4 = norm(variant.norm, AT4)
        self.norms2 = nn.ModuleList(norm(variant.norm, AT2) for _ in self.at2)

    def forward(self, photo: Tensor, skip2: Tensor, skip4: Tensor, meaning: Tensor) -> Tensor:
        has = self.variant
        x = F.relu(twice(meaning) + self.skip4(skip4)) if has.skips else twice(meaning)
        x = F.relu(self.norm4(self.at4(x)))
        x = twice(self.narrow(self.refined4(x) if has.refined else x))
        x = x + self.skip2(skip2) if has.skips else x
        x = F.relu(x + self.detail(photo) if has.detail else x)
        for layer, normed in zip(self.at2, self.norms2, strict=True):
            x = F.relu(normed(layer(x)))
        return F.pixel_shuffle(self.alpha(self.refined2(x) if has.refined else x), 2)


def student_of(variant: Variant) -> loop.Student:
    """Published weights but for the edge decoder, which is new."""
    torch.manual_seed(0)
    student = loop.Student()
    known = {k: v for k, v in torch.jit.load(PUBLISHED).state_dict().items() if not k.startswith("edges.")}
    student.network.load_state_dict(known, strict=False)
    student.network.edges = OtherEdges(variant)
    return student


def train(variant: Variant, steps: int, entries: list[prepare.Entry], work: Path) -> loop.Student:
    """The moving average; a finished variant is taken from its checkpoint."""
    composer = Composer(work / "cache", [e for e in entries if not e.validation], 320, seed=100)

    def taught(number: int) -> Sample:
        random = np.random.default_rng((100, number))
        return composer.as_is(composer.any_taught(random), random)

    losses.PYRAMID_WEIGHT = 1.0 if variant.pyramid else 0.0
    student = student_of(variant)
    average = loop.duplicate(student)
    folder = work / "ablation"
    folder.mkdir(exist_ok=True)
    stage = loop.Stage(variant.title.replace(" ", "-"), side=320, batch=8, steps=steps, edges=4e-3)
    loop.train_stage(student, average, stage, taught if variant.taught else composer, folder, seed=100)
    for ours, theirs in zip(average.buffers(), student.buffers(), strict=True):
        ours.copy_(theirs)  # of BatchNorm, what it saw
    return average


def session(network: nn.Module, path: Path) -> onnxruntime.InferenceSession:
    torch.onnx.export(network.eval(), (torch.zeros(1, 3, SIDE, SIDE),), str(path), opset_version=17, dynamo=False,
                      input_names=["input"], output_names=["output"])  # fmt: skip
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def times(sessions: list[onnxruntime.InferenceSession], rounds: int = 21) -> list[float]:
    """Median seconds of each, in turn."""
    tensor = np.zeros((1, 3, SIDE, SIDE), np.float32)
    spent: list[list[float]] = [[] for _ in sessions]
    for _ in range(rounds):
        for each, row in zip(sessions, spent, strict=True):
            start = time.perf_counter()
            each.run(None, {"input": tensor})
            row.append(time.perf_counter() - start)
    return [statistics.median(row[1:]) for row in spent]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="as for scripts.training.train")
    parser.add_argument(
        "--work", type=Path, required=True, help="as for scripts.training.train; finished variants are kept here"
    )
    parser.add_argument("--steps", type=int, default=300, help="of each variant, in batches of 8")
    options = parser.parse_args()
    cv2.setNumThreads(0)
    entries, cache = prepare.prepare(options.data, options.work), options.work / "cache"
    exact = validate.exact_composites(cache, entries)
    rows, sessions = [], []
    for variant in VARIANTS:
        network = train(variant, options.steps, entries, options.work).network
        path = options.work / "ablation" / "variant.onnx"
        sessions.append(session(network, path))
        rows.append((variant.title, validate.evaluate(validate.onnx_matte(path), exact), parameter_count(network)))
    spent = times(sessions)
    print("| Variant | MAD x1e3 | edge MAD x1e3 | IoU | time | parameters |\n|---|---|---|---|---|---|")
    for (title, score, count), seconds in zip(rows, spent, strict=True):
        ratio = f"{seconds / spent[0]:.2f}"
        print(f"| {title} | {score.mad:.2f} | {score.band:.1f} | {score.iou:.4f} | {ratio} | {count:,} |")


if __name__ == "__main__":
    main()
