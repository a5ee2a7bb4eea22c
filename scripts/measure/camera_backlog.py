"""A backlog of photos without a camera, beside a feed, and beside live video: its pace, and how long a snap waits in it.

    .venv/bin/python -m scripts.measure.camera_backlog [--photos 500] [--size 640]

Needs the test installation and GStreamer, as ./scripts/test makes them. Exit code 1 when more than ten photos of the backlog
are delivered after a snap and before its cut-out.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

from edge.commands.bench.machine import machine
from scripts.measure.viewer import watching
from tests.edge.camera import films
from tests.edge.camera.booth import Booth
from tests.edge.hot import portrait, wait_for

PORT = 18082
AT_MOST = 10


def measured(folder: Path, extra: str, photos: int, size: int) -> tuple[float, int]:
    """Photos a second, from the first delivered to the last; and how many came between a snap and its cut-out."""
    hot, data = Booth(folder, extra), portrait(size)
    for number in range(photos):
        (hot.inbox / f"{number}.jpg").write_bytes(data + b"\0" * number)
    hot.start()
    try:
        wait_for(lambda: delivered(hot) > 0, hot)
        first, start = delivered(hot), time.monotonic()
        with watching(PORT) if "[live]" in extra else nullcontext():
            overtaken = snapped(hot) if extra else 0
            wait_for(lambda: delivered(hot) >= photos, hot, 3600)
        return (delivered(hot) - first) / (time.monotonic() - start), overtaken
    finally:
        hot.stop()


def snapped(hot: Booth) -> int:
    """Photos delivered while a snap was on its way."""
    wait_for(lambda: hot.snap().returncode == 0, hot)
    before = delivered(hot)
    wait_for(lambda: any((hot.outbox / "snap").glob("*.png")), hot)
    return delivered(hot) - before


def delivered(hot: Booth) -> int:
    """Of the backlog."""
    return sum(1 for _ in hot.outbox.glob("*.png"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=500)
    parser.add_argument("--size", type=int, default=640, help="pixels of each side")
    arguments = parser.parse_args()
    on, worst = machine(), 0
    print(f"{on.date}  {on.board or on.cpu}, {on.cores} cores; {arguments.photos} photos of {arguments.size}x{arguments.size}")
    with tempfile.TemporaryDirectory() as name:
        film = films.make(Path(name))
        feed = f'[camera]\nsource = "{film.path}"\nwidth = 1280\nheight = 720\n'
        live = feed + f'[live]\naddress = "127.0.0.1:{PORT}"\n'
        for title, extra in (("without a camera", ""), ("beside a feed of 720p", feed), ("beside live video of 720p", live)):
            pace, overtaken = measured(Path(name) / title.replace(" ", "-"), extra, arguments.photos, arguments.size)
            snap = f"; {overtaken} delivered between a snap and its cut-out" if extra else ""
            print(f"{title:26s} {pace:.2f} photos a second{snap}", flush=True)
            worst = max(worst, overtaken)
    return int(worst > AT_MOST)


if __name__ == "__main__":
    sys.exit(main())
