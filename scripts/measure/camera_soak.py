"""Does a 1080p feed's memory stay flat? Runs the service with one, for an hour, a snap every minute.

    .venv/bin/python -m scripts.measure.camera_soak [--minutes 60] [--source test://] [--live]

Memory is PSS over the process tree, GStreamer's among them, at the end of each minute. Exit code 0 when the last minute is
at most the tolerance above the third, else 1.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

from edge.camera.control import talk
from edge.commands.bench.machine import machine
from edge.commands.bench.memory import PROC, pss_mb, tree
from scripts.measure.viewer import watching

PORT = 18080
SETTLED = 3  # minutes after which nothing may grow any more
TOLERANCE_MB = 32.0


def cpu_seconds(pid: int) -> float:
    """User and system time of the tree's living processes, by what they have used so far."""
    ticks = 0
    for each in tree(pid):
        try:
            fields = (PROC / str(each) / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def minutes(folder: Path, pid: int, count: int) -> list[float]:
    """MB at the end of each minute."""
    found = []
    for number in range(1, count + 1):
        before, start = cpu_seconds(pid), time.monotonic()
        time.sleep(55)
        answers = list(_until_done(folder / ".edge-matting"))
        time.sleep(5)
        used = (cpu_seconds(pid) - before) / (time.monotonic() - start)
        found.append(pss_mb(pid))
        print(f"minute {number}: {found[-1]:.0f} MB, {used:.0%} of a core; snap: {answers[-1]}", flush=True)
    return found


def _until_done(state: Path) -> list[str]:
    said = []
    for answer in talk(state, "snap", 60):
        said.append(answer)
        if answer.split()[0] in ("done", "error"):
            break
    return said


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--source", default="test://")
    parser.add_argument("--live", action="store_true", help="with live video as well, which somebody watches")
    arguments = parser.parse_args()
    on = machine()
    print(f"{on.date}  {on.board or on.cpu}, {on.cores} cores, {on.ram_mb / 1e3:.1f} GB; {arguments.source}, 1080p at 30")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "c.toml").write_text(
            f'[camera]\nsource = "{arguments.source}"\nwidth = 1920\nheight = 1080\nfps = 30\n'
            + (f'[live]\naddress = "127.0.0.1:{PORT}"\n' if arguments.live else "")
            + '[service]\nlog_level = "warning"\n'
        )
        command = [sys.executable, "-m", "edge.cli", "run", "--config", str(folder / "c.toml")]
        with subprocess.Popen(command) as service, watching(PORT) if arguments.live else nullcontext():
            time.sleep(10)
            found = minutes(folder, service.pid, arguments.minutes)
            service.terminate()
    growth = found[-1] - found[min(SETTLED, len(found)) - 1]
    print(f"from minute {SETTLED} to {len(found)}: {growth:+.1f} MB; {'flat' if growth <= TOLERANCE_MB else 'NOT FLAT'}")
    return 0 if growth <= TOLERANCE_MB else 1


if __name__ == "__main__":
    sys.exit(main())
