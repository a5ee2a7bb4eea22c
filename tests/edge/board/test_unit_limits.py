from __future__ import annotations

import subprocess
import sys

from edge.board.budget import named
from edge.board.unit_limits import drop_in


def test_the_drop_in_holds_the_budgets_limits() -> None:
    assert drop_in(named("orin-nano-4gb")).endswith("[Service]\nMemoryHigh=2326M\nMemoryMax=2582M\n")


def test_the_installer_can_print_this_machines() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "edge.board.unit_limits"], capture_output=True, text=True, check=True
    ).stdout
    high, most = (int(line.split("=")[1].removesuffix("M")) for line in printed.splitlines()[2:])
    assert 0 < high < most
