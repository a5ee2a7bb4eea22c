"""The memory limits of the systemd unit, out of the board's budget: `python -m edge.board.unit_limits` prints a drop-in.

The worker keeps to its budget by itself (a limit on its data, renewal when it has grown). The unit's limits are the net
below: pressed from MemoryHigh on, killed at MemoryMax, before the board as a whole runs out.
"""

from __future__ import annotations

import sys

from edge.board.budget import Budget, this_machine

_MIB = 1 << 20


def drop_in(budget: Budget) -> str:
    """The drop-in's text."""
    high, most = budget.memory_high // _MIB, budget.memory_max // _MIB
    return f"# Written by scripts/install from this board's budget.\n[Service]\nMemoryHigh={high}M\nMemoryMax={most}M\n"


if __name__ == "__main__":
    sys.stdout.write(drop_in(this_machine()))
