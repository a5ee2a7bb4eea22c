"""The service with another board's budget, within a limit:
`python -m edge.commands.bench.board_service BOARD BYTES CGROUP --config F`.

CGROUP: the folder of the cgroup to enter, "-" for a limit of BYTES on the data of this process and each that it starts.
"""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path

from edge.board.budget import named
from edge.config.load import load_config
from edge.service.run import serve
from matting import plugins
from matting.errors import MattingError


def enter(most: str, cgroup: str) -> None:
    """From here on the limit holds, for this process and all that it starts."""
    if cgroup == "-":
        resource.setrlimit(resource.RLIMIT_DATA, (int(most), int(most)))
    else:
        (Path(cgroup) / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")


def main(board: str, most: str, cgroup: str, config: str) -> int:
    """As `edge-matting run` ends."""
    enter(most, cgroup)
    plugins.load()
    return serve(load_config(Path(config)), named(board), once=False)


if __name__ == "__main__":
    try:
        board, most, cgroup, _, config = sys.argv[1:]
        sys.exit(main(board, most, cgroup, config))
    except MattingError as error:
        sys.exit(str(error))
