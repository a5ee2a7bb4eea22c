"""The training loop: stages, prefetch, moving average, checkpoints. An interrupted run goes on as if it had not been."""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from scripts.training.data.composites import Sample
from scripts.training.network import MattingNetwork
from scripts.training.steps.losses import coarse, loss
from scripts.training.steps.windows import FrozenEncoder, corners, cut, inside

MakeSample = Callable[[int], Sample]
Batch = tuple[Tensor, Tensor, Tensor]
AVERAGE, CHECKPOINT_EVERY, CLIP, WINDOWS = 0.998, 50, 1.0, 2
CPU = Path("/proc/cpuinfo")
BFLOAT16 = CPU.is_file() and "_bf16" in CPU.read_text()  # without instructions for it, it takes ten times as long


@dataclass(frozen=True)
class Stage:
    """One stretch of training. Learning rates are peaks of one cosine; a rate of 0 freezes the part, and of the encoder
    the rows before `first_row` stay as they are (their backward pass is most of the cost on a CPU). window: with the encoder
    frozen, the edges see two windows of so many pixels of each picture, and not all of it."""

    name: str
    side: int
    batch: int
    steps: int
    edges: float
    meaning: float = 0.0
    encoder: float = 0.0
    first_row: int = 2
    window: int = 0


class Student(nn.Module):
    """The network, and a head that only training has: the coarse alpha seen in the meaning."""

    def __init__(self) -> None:
        super().__init__()
        self.network = MattingNetwork()
        self.head = nn.Conv2d(32, 1, 1)

    def forward(self, photo: Tensor) -> tuple[Tensor, Tensor]:
        logits, meaning = self.network.logits(photo)
        return logits, self.head(meaning)


def to_batch(samples: list[Sample]) -> Batch:
    """Photo B x 3 in -1..1, alpha and trust B x 1 in 0..1, all x H x W."""
    photo = torch.from_numpy(np.stack([s.photo for s in samples])).permute(0, 3, 1, 2)
    alpha, trust = (torch.from_numpy(np.stack(p))[:, None] for p in zip(*((s.alpha, s.trust) for s in samples), strict=True))
    return (photo.float() - 127.5) / 127.5, alpha.float() / 255, trust.float() / 255


def batches(make: MakeSample, stage: Stage, start: int, seed: int) -> Iterator[Batch]:
    """Batches `start`.. of a stage, made one ahead in a thread (cv2 and NumPy let go of the interpreter's lock)."""

    def build(step: int) -> Batch:
        first = (seed * 1000 + step) * stage.batch
        return to_batch([make(n) for n in range(first, first + stage.batch)])

    with ThreadPoolExecutor(1) as thread:
        waiting = [thread.submit(build, s) for s in range(start, min(start + 2, stage.steps))]
        for step in range(start, stage.steps):
            batch = waiting.pop(0).result()
            if step + 2 < stage.steps:
                waiting.append(thread.submit(build, step + 2))
            yield batch


def optimiser(student: Student, stage: Stage) -> torch.optim.AdamW:
    """One parameter group a part; frozen parameters are taken out of the graph."""
    student.requires_grad_(False)
    network = student.network
    rows = [*network.encoder.rows[stage.first_row :], network.encoder.top]
    parts: list[tuple[list[nn.Module], float]] = [
        ([network.edges], stage.edges),
        ([network.meaning], stage.meaning),
        (rows, stage.encoder),
        ([student.head], 2e-3),
    ]
    groups: list[dict[str, object]] = []
    for modules, rate in parts:
        if rate > 0:
            parameters = [p for m in modules for p in m.requires_grad_(True).parameters()]
            groups.append({"params": parameters, "lr": rate, "peak": rate})
    return torch.optim.AdamW(groups, weight_decay=1e-4)


def rate(step: int, steps: int) -> float:
    """Share of the peak: a short linear warm-up, then a half cosine to 2 %."""
    warm = max(1, min(60, steps // 10))
    if step < warm:
        return (step + 1) / warm
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


@torch.no_grad()
def follow(average: nn.Module, student: nn.Module, step: int) -> None:
    """Exponential moving average of the weights, shorter at a stage's beginning."""
    keep = min(AVERAGE, (1 + step) / (10 + step))
    for a, b in zip(average.parameters(), student.parameters(), strict=True):
        a.lerp_(b, 1 - keep)


def save(path: Path, state: dict[str, object]) -> None:
    """Whole or not at all."""
    torch.save(state, path.with_suffix(".part"))
    path.with_suffix(".part").replace(path)


def error(student: Student, stage: Stage, frozen: FrozenEncoder | None, batch: Batch) -> Tensor:
    """The loss of a batch, a scalar."""
    photo, alpha, trust = batch
    if frozen is None:
        with torch.autocast("cpu", torch.bfloat16, enabled=BFLOAT16):
            logits, meaning = student(photo)
        return loss(logits.float(), meaning.float(), alpha, trust)
    at2, at4, *deeper = frozen(photo)
    with torch.set_grad_enabled(stage.meaning > 0):
        meaning = student.network.meaning(*deeper)
    seen, side = student.head(meaning), stage.window
    where = corners(alpha, trust, side, WINDOWS)
    pieces = [cut(plane, where, side, stride) for plane, stride in ((photo, 1), (at2, 2), (at4, 4), (meaning, 8))]
    logits = student.network.edges(*pieces)
    truth, sure = cut(alpha, where, side), inside(cut(trust, where, side))
    return loss(logits, cut(seen, where, side, 8), truth, sure) + coarse(seen, alpha, trust)


def train_stage(student: Student, average: Student, stage: Stage, make: MakeSample, folder: Path, seed: int) -> None:
    """Train both in place. Leaves folder/NAME.pt (resumed from if it exists) and appends to folder/curve.jsonl."""
    path, start = folder / f"{stage.name}.pt", 0
    steer = optimiser(student, stage)
    if path.is_file():
        state = torch.load(path, weights_only=True)
        start = state["step"]
        student.load_state_dict(state["student"])
        average.load_state_dict(state["average"])
        steer.load_state_dict(state["optimiser"])
    to: Callable[..., object] = student.to  # whose types do not know this of a module in every version
    to(memory_format=torch.channels_last)
    student.train()
    frozen = FrozenEncoder(student.network.encoder, stage.side) if stage.window else None
    clock, bar = time.monotonic(), tqdm(total=stage.steps, initial=start, desc=stage.name, mininterval=5)
    for step, (photo, alpha, trust) in enumerate(batches(make, stage, start, seed), start):
        for group in steer.param_groups:
            group["lr"] = group["peak"] * rate(step, stage.steps)
        value = error(student, stage, frozen, (photo.contiguous(memory_format=torch.channels_last), alpha, trust))
        steer.zero_grad(set_to_none=True)
        value.backward()
        nn.utils.clip_grad_norm_([p for p in student.parameters() if p.requires_grad], CLIP)
        steer.step()
        follow(average, student, step)
        bar.update()
        done = step + 1
        if done % 10 == 0:
            bar.set_postfix(loss=f"{value.item():.4f}")
            with (folder / "curve.jsonl").open("a") as curve:
                row = {"stage": stage.name, "step": done, "loss": value.item(), "seconds": time.monotonic() - clock}
                curve.write(json.dumps(row) + "\n")
            clock = time.monotonic()
        if done % CHECKPOINT_EVERY == 0 or done == stage.steps:
            save(
                path,
                {
                    "step": done,
                    "student": student.state_dict(),
                    "average": average.state_dict(),
                    "optimiser": steer.state_dict(),
                },
            )
    bar.close()


@torch.no_grad()
def between(before: Student, after: Student, share: float) -> Student:
    """Weights on the line from `before` (share 0) to `after` (1), which began there: what the new samples taught, without all
    that they made it forget. Wortsman et al., "Robust fine-tuning of zero-shot models" (2022).
    """
    out = duplicate(before)
    for mixed, parameter in zip(out.parameters(), after.parameters(), strict=True):
        mixed.lerp_(parameter, share)
    return out


def duplicate(student: Student) -> Student:
    """The moving average starts where the student does."""
    return copy.deepcopy(student).requires_grad_(False)
