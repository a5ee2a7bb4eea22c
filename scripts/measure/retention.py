"""How long the service's loop is held up by retention: 100,000 finished files are looked through, step by step.

.venv/bin/python -m scripts.measure.retention [--files 100000]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from edge.config.retention import Retention
from edge.config.types import HotFolders
from edge.storage.pruner import Pruner


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=100_000)
    count = parser.parse_args().files
    with tempfile.TemporaryDirectory() as root:
        names = ("inbox", "outbox", "done", "failed", "no_person", "backgrounds", "state")
        inbox, outbox, done, failed, no_person, backgrounds, state = (Path(root) / name for name in names)
        folders = HotFolders(inbox, outbox, done, failed, no_person, backgrounds, state)
        for name in names:
            (Path(root) / name).mkdir()
        for number in range(count):
            folder = folders.done / f"{number // 1000:03d}"
            folder.mkdir(exist_ok=True)
            (folder / f"{number}.jpg").write_bytes(b"photo")
        pruner = Pruner(folders, Retention(done_days=30), set, lambda files, size: None)
        steps: list[float] = []
        while not steps or pruner.busy:
            started = time.monotonic()
            pruner.poll(started, {})
            steps.append(time.monotonic() - started)
    print(f"{count:,} files looked through in {sum(steps):.1f} s, {len(steps)} steps of at most {1e3 * max(steps):.0f} ms")


if __name__ == "__main__":
    main()
