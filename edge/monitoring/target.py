"""Whom the doctor looks at: a machine, its budget, and the service's configuration."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge.board.access import User, server
from edge.board.budget import Budget, Machine, budget, seen
from edge.board.facts import Board, board, has_nvidia_gpu
from edge.config.types import Config


@dataclass(frozen=True, slots=True)
class Target:
    """root: under which /proc, /sys, /etc and /dev are. user: that cuts the photos. has_gpu: a driver offers an NVIDIA GPU.
    budget: as it is now."""

    root: Path
    config: Config
    board: Board
    machine: Machine
    budget: Budget
    user: User
    has_gpu: bool


def target(root: Path, config: Config) -> Target:
    """The machine whose file system is `root`.

    Raises:
        OSError: there is no /proc/meminfo.
    """
    machine = seen(root)
    return Target(root, config, board(root), machine, budget(machine), server(root), has_nvidia_gpu(root / "dev"))
