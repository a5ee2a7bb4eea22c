"""Weights on their way, kept small: half precision in a compressed file, to go on from in another place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from scripts.training.steps.loop import Student


def write(student: Student, path: Path) -> None:
    """All weights as float16, by their names; 7 MB."""
    halves = {name: value.detach().numpy().astype(np.float16) for name, value in student.state_dict().items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **halves)


def load(student: Student, path: Path) -> None:
    """Fill a student from such a file, or from the moving average in a checkpoint of the training loop."""
    if path.suffix == ".npz":
        with np.load(path) as kept:
            state = {name: torch.from_numpy(kept[name].astype(np.float32)) for name in kept.files}
    else:
        state = torch.load(path, weights_only=True)["average"]
    student.load_state_dict(state)
