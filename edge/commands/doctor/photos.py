"""Cuts a photo that ships with the product many times, with the engine that the board has, and tells the time of each stage.

`python -m edge.commands.doctor.photos COUNT [CONFIG]`, in a process of its own: a GPU that fails may take it along. One JSON
line with the engine's name once it is loaded, then one for each photo.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.board.budget import this_machine
from edge.board.rss import rss_bytes
from edge.commands.bench.child import Child, product_environment
from edge.commands.bench.photos import SIZES, jpeg, source
from edge.config.load import load_config
from edge.engine.open_work import work_for
from edge.ipc.parent import die_with_parent
from matting.bands import on_cores
from matting.errors import MattingError
from matting.pipeline import cut
from matting.settings import Settings


@dataclass(frozen=True, slots=True)
class Cut:
    """One photo of 12 MP. ms: bytes to bytes; stage_ms: by stage; rss: bytes of memory of the process that cut it."""

    ms: float
    stage_ms: dict[str, float]
    rss: int


def cut_many(count: int, config: Path | None) -> Iterator[str | Cut]:
    """The engine's name, then each photo.

    Raises:
        EngineError: the process that cuts them ended.
    """
    command = [sys.executable, "-m", "edge.commands.doctor.photos", str(count), *([str(config)] if config else [])]
    with Child(command, product_environment()) as child:
        yield str(child.loaded["engine"])
        for _ in range(count):
            yield Cut(**child.ask("next"))


def _answers(count: int, config: Path | None) -> Iterator[dict[str, Any]]:
    photo = jpeg(source(None), *SIZES["12mp"])
    board = this_machine()
    work = work_for(load_config(config), board)
    cut(photo, Settings(), work)  # the first makes the buffers
    yield {"engine": work.name}
    for _ in range(count):
        sys.stdin.readline()
        start = time.perf_counter()
        with on_cores(board.threads):  # as the service gives them to one that waits alone
            result = cut(photo, Settings(), work)
        spent = (time.perf_counter() - start) * 1e3
        yield {"ms": spent, "stage_ms": dict(result.stage_ms), "rss": rss_bytes()}


def main() -> None:
    die_with_parent()
    try:
        for answer in _answers(int(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None):
            print(json.dumps(answer), flush=True)
    except MattingError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
