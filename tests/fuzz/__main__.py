"""Feed what strangers or torn disks may have written to the code that reads it: changed files, guided by coverage.

    .venv/bin/python -m tests.fuzz [--minutes 10] [decode | config | model | journal | spool ...]

Needs scripts/venv -e '.[test,fuzz]'. A target is a file in tests/fuzz: what goes in, and what must not come of it. Coverage
is that of the Python code; the native decoders behind it get the same files, but do not guide the search. Files that reach
more code are kept in tests/fuzz/corpus, those that break something too, as crash-*; scripts/test replays them all. Exit code 1
when something broke.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGETS = ("decode", "config", "model", "journal", "spool")
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # the targets write files: spare the disk
_SLOW = 20  # seconds for one input that count as hung
_MOST_MEMORY = 1000  # MB


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--minutes", type=float, default=10.0, help="for each target")
    arguments = parser.parse_args()
    results = [fuzz(target, arguments.minutes) for target in arguments.targets or TARGETS]
    return int(any(results))


def fuzz(target: str, minutes: float) -> bool:
    """Run one target; whether something broke."""
    corpus = ROOT / "tests" / "fuzz" / "corpus" / target
    corpus.mkdir(parents=True, exist_ok=True)
    before = set(corpus.iterdir())
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir=MEMORY) as folder:
        found = Path(folder, "found")
        found.mkdir()
        for name, data in import_module(f"tests.fuzz.{target}").seeds().items():
            (found / name).write_bytes(data)
        started = time.monotonic()
        limits = [f"-max_total_time={minutes * 60:.0f}", f"-timeout={_SLOW}", f"-rss_limit_mb={_MOST_MEMORY}"]
        said = _child(folder, target, *limits, "-print_final_stats=1", f"-artifact_prefix={corpus}/", str(found), str(corpus))
        seconds = time.monotonic() - started
        _child(folder, target, f"-artifact_prefix={folder}/", "-set_cover_merge=1", "-use_counters=0", str(corpus), str(found))
    executions = re.findall(r"^(?:stat::number_of_executed_units: |#)(\d+)", said, re.M)
    broken = sorted(
        path.name for path in set(corpus.iterdir()) - before if path.name.startswith(("crash-", "oom-", "timeout-"))
    )
    print(
        f"{target}: {seconds / 60:.1f} minutes, {int(executions[-1]) if executions else 0:,} executions, "
        f"{len(list(corpus.iterdir()))} files kept, {', '.join(broken) or 'nothing broke'}",
        flush=True,
    )
    if broken:
        print(said[said.find("=== Uncaught") :] if "=== Uncaught" in said else said[-4000:])
    return bool(broken)


def _child(folder: str, target: str, *arguments: str) -> str:
    """One run of libFuzzer, which ends its process when something breaks; returns what it said."""
    command = [sys.executable, "-m", "tests.fuzz.fuzzer", target, *arguments]
    environment = {**os.environ, "TMPDIR": folder}
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, cwd=ROOT, env=environment)
    return done.stdout.decode(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
