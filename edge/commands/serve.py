"""`edge-matting serve`: photos over HTTP alone, for a machine without a hot folder."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path

from edge.board.budget import this_machine
from edge.config.http import HttpOptions
from edge.config.keys import listen
from edge.config.load import load_config
from edge.config.types import STATUS_FILE, Config
from edge.service.run import serve

DEFAULT = "127.0.0.1:7000"  # where software looks that was written for rembg


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="TOML configuration, without its hot folder and camera")
    parser.add_argument("--listen", type=_address, metavar="ADDRESS", help=f"address and port, {DEFAULT} without one")


def main(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT."""
    config = load_config(arguments.config)
    if arguments.config is None:
        config = _at(config, _state_folder())
    address = arguments.listen or (config.http.listen if config.http else listen(DEFAULT))
    http = replace(config.http, listen=address) if config.http else HttpOptions(address)
    return serve(replace(config, http=http, hot_folder=False, camera=None), this_machine(), once=False)


def _address(text: str) -> tuple[str, int]:
    try:
        return listen(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no address and port, such as {DEFAULT} or [::1]:7000") from error


def _state_folder() -> Path:
    """Of this user's programs (specifications.freedesktop.org/basedir)."""
    return Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state").expanduser() / "edge-matting"


def _at(config: Config, state: Path) -> Config:
    return replace(config, folders=replace(config.folders, state=state), status=state / STATUS_FILE)
