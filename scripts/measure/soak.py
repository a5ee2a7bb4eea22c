"""Does anything grow? 5,000 photos through one service, a sixth of them bad, with a fault every 60 or so: the worker killed,
the worker stopped, waiting photos renamed, the outbox's disk full (that one as root). Samples go to a table, and into a plot.

    .venv/bin/python -m scripts.measure.soak [--photos 5000] [--faults 100] [--table soak.csv] [--plot soak.svg]

Needs the test installation, and matplotlib for the plot. Exit code 1 when a photo or a temporary is not where it belongs.
"""

import argparse
import csv
import sys
import tempfile
import time
from pathlib import Path

from tests.faults import soak


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=5000)
    parser.add_argument("--faults", type=int, default=80)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--table", type=Path, default=Path("soak.csv"))
    parser.add_argument("--plot", type=Path, help="only with matplotlib")
    parser.add_argument("--only-plot", action="store_true", help="from a table that is there")
    arguments = parser.parse_args()
    problems = [] if arguments.only_plot else measure(arguments)
    if arguments.plot is not None:
        plot(arguments.table, arguments.plot)
    return bool(problems)


def measure(arguments: argparse.Namespace) -> list[str]:
    """Run it; returns what must not be."""
    arguments.table.unlink(missing_ok=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        outcome = soak.run(Path(folder), arguments.table, arguments.photos, arguments.faults, arguments.seed)
    print(f"{outcome.places} after {outcome.kills}, {time.monotonic() - started:.0f} s")
    if outcome.twice:
        print(f"renamed in the moment of their delivery, and cut under both names: {', '.join(outcome.twice)}")
    print("\n".join(outcome.problems) or "every file is in exactly one place, every output is whole")
    return outcome.problems


def plot(table: Path, picture: Path) -> None:
    """Memory, descriptors, temporaries and queue over the photos that came to an end."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    with table.open() as file:
        rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
    panels = {
        "memory, MB (PSS)": {"supervisor_mb": "supervisor", "worker_mb": "worker"},
        "open files": {"supervisor_files": "supervisor", "worker_files": "worker"},
        "files": {"queue": "waiting in the inbox", "temporaries": "temporaries"},
    }
    figure, axes = pyplot.subplots(len(panels), 1, sharex=True, figsize=(8, 6), layout="constrained")
    for axis, (title, lines) in zip(axes, panels.items(), strict=True):
        for key, label in lines.items():
            axis.plot([row["photos"] for row in rows], [row[key] for row in rows], ".", markersize=2, label=label)
        axis.set_ylabel(title)
        axis.set_ylim(bottom=0)
        axis.legend(loc="center right", frameon=False)
    axes[-1].set_xlabel("photos that came to an end")
    figure.savefig(picture)


if __name__ == "__main__":
    sys.exit(main())
