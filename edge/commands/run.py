"""`edge-matting run`: the daemon on the command line; what it does stands in `edge.service`."""

from __future__ import annotations

import argparse
from pathlib import Path

from edge.board.budget import this_machine
from edge.config.load import load_config
from edge.service.run import serve


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="TOML configuration; without one the folders lie in ./hot")
    parser.add_argument("--once", action="store_true", help="cut what lies in the inbox, then exit")


def main(arguments: argparse.Namespace) -> int:
    """Run the daemon until SIGTERM or SIGINT, or with --once until the inbox is empty."""
    return serve(load_config(arguments.config), this_machine(), once=arguments.once)
