"""Asks in a process of its own, so that a crash or a hang of a driver is a finding."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from typing import Any

_PATIENCE = 120.0


def answer(command: list[str]) -> dict[str, Any] | str:
    """The JSON that the command prints last, or what became of it instead."""
    environment = {**os.environ, "CUDA_MODULE_LOADING": "LAZY"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False, env=environment)
    except subprocess.TimeoutExpired:
        return f"did not answer within {_PATIENCE:.0f} s"
    except OSError as error:
        return f"does not start ({error.strerror})"
    if done.returncode < 0:
        return f"was killed by {signal.Signals(-done.returncode).name}"
    lines = done.stdout.strip().splitlines() or [""]
    try:
        table: dict[str, Any] = json.loads(lines[-1])
        return table
    except ValueError:
        words = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        return f"ended with code {done.returncode} ({words})"
