"""What a request over HTTP costs beside the cutting itself: a 12 MP JPEG from its first byte sent to the last byte of its PNG,
against the same photo through `matting.pipeline.cut` in this process, turn by turn. One service, one client.

.venv/bin/python -m scripts.measure.http_request [--turns 15] [--side 3464]
"""

from __future__ import annotations

import argparse
import http.client
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from edge.board.budget import this_machine
from edge.engine.cpu_variant import choose
from matting.cpu_work import open_cpu_work
from matting.model import default_model_dir, load_model
from matting.pipeline import cut
from matting.settings import Settings
from tests.edge.hot import Hot, portrait, wait_for
from tests.edge.http.client import answers, free_port


def main() -> int:
    """Prints both medians and their quotient."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--side", type=int, default=3464, help="of the square photo, in pixels")
    given = parser.parse_args()
    photo, port = portrait(given.side), free_port()
    with tempfile.TemporaryDirectory() as folder:
        hot = Hot(Path(folder), f'[engine]\nkind = "cpu"\n[http]\nlisten = "127.0.0.1:{port}"\n')
        form = choose(default_model_dir(), this_machine().threads, hot.state)  # the service finds the same, written down
        hot.start()
        try:
            wait_for(lambda: answers(port, "/healthz"), hot)
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
            ours = _cutter(photo, form)
            request = _requester(connection, photo)
            times = [(_seconds(ours), _seconds(request)) for _ in range(given.turns + 1)][1:]
        finally:
            hot.stop()
    here, there = (statistics.median(each) for each in zip(*times, strict=True))
    ratio = statistics.median(b / a for a, b in times)
    print(f"{len(photo) / 1e6:.1f} MB JPEG of {given.side} x {given.side}, {given.turns} turns, medians")
    print(f"cut in this process {here * 1000:.0f} ms, over HTTP {there * 1000:.0f} ms, quotient {ratio:.2f}")
    return 0


def _cutter(photo: bytes, form: str) -> Callable[[], object]:
    work = open_cpu_work("cpu", replace(load_model(default_model_dir()), form=form), this_machine().threads)
    return lambda: cut(photo, Settings(), work)


def _requester(connection: http.client.HTTPConnection, photo: bytes) -> Callable[[], object]:
    def ask() -> bytes:
        connection.request("POST", "/cut", photo)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()  # or it would idle out while this process cuts; the next request opens it again
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {body[:200]!r}")
        return body

    return ask


def _seconds(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main())
