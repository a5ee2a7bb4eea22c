"""What a request over HTTP costs beside the cutting: a 12 MP JPEG from its first byte sent to the last byte of its PNG, and
what `matting.pipeline.cut` took of that time in the worker, as Server-Timing tells it. One service, one client.

.venv/bin/python -m scripts.measure.http_request [--turns 15] [--side 3464]
"""

from __future__ import annotations

import argparse
import http.client
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.edge.hot import Hot, portrait, wait_for
from tests.edge.http.client import answers, free_port


def main() -> int:
    """Prints both medians and the median of their quotients."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--side", type=int, default=3464, help="of the square photo, in pixels")
    given = parser.parse_args()
    photo, port = portrait(given.side), free_port()
    with tempfile.TemporaryDirectory() as folder:
        hot = Hot(Path(folder), f'[engine]\nkind = "cpu"\n[http]\nlisten = "127.0.0.1:{port}"\n')
        hot.start()
        try:
            wait_for(lambda: answers(port, "/healthz"), hot)
            times = [_turn(port, photo) for _ in range(given.turns + 1)][1:]
        finally:
            hot.stop()
    wall, cutting = (statistics.median(each) for each in zip(*times, strict=True))
    quotient = statistics.median(each / within for each, within in times)
    print(f"{len(photo) / 1e6:.1f} MB JPEG of {given.side} x {given.side}, {given.turns} turns, medians:")
    print(f"{wall * 1000:.0f} ms over HTTP, of which {cutting * 1000:.0f} ms are the cutting; quotient {quotient:.2f}")
    return 0


def _turn(port: int, photo: bytes) -> tuple[float, float]:
    """Seconds of a request, and of the cutting within it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    begun = time.perf_counter()
    connection.request("POST", "/cut", photo)
    answer = connection.getresponse()
    body = answer.read()
    wall = time.perf_counter() - begun
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{answer.status}: {body[:200]!r}")
    stages = re.findall(r"dur=([\d.]+)", answer.headers["Server-Timing"])
    return wall, sum(map(float, stages)) / 1000


if __name__ == "__main__":
    sys.exit(main())
