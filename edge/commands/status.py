"""`edge-matting status`: how the running service is, at a glance, or as JSON. Reads the status file; disturbs nobody."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from edge.config.load import service_config
from edge.fs.names import printable
from edge.monitoring.liveness import exists, fault
from edge.monitoring.status import LastPhoto, Status, read_status
from matting.errors import NotRunning


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="the configuration of the running service")
    parser.add_argument("--json", action="store_true", help="the fields of the status file, and whether the service runs")


def main(arguments: argparse.Namespace) -> int:
    """Prints the status; the exit code says whether the service runs.

    Raises:
        NotRunning: no status was ever written.
        OutputError: the status cannot be read.
    """
    path = service_config(arguments.config).status
    if not path.exists():
        raise NotRunning(f"not running: there is no {path}; start edge-matting run with this configuration")
    status = read_status(path)
    now = time.time()
    why = fault(status, now, alive=exists(status.pid))
    if arguments.json:
        print(json.dumps({"running": not why, **asdict(status)}, indent=1))
    else:
        print("\n".join(map(printable, _remains(status) if why else screen(status, now))))
    if why:
        print(f"edge-matting: {why}", file=sys.stderr)
    return NotRunning.exit_code if why else 0


def screen(status: Status, now: float) -> Iterator[str]:
    """The lines of the screen. now: seconds since 1970."""
    percent = "" if status.progress is None else f" {status.progress:.0%}"
    yield f"{status.state.value}{percent}" + (f": {status.reason}" if status.reason else "")
    heat = "not known" if status.temperature is None else f"{status.temperature:.0f} °C"
    rows = {
        "engine": status.engine or "none yet",
        "photos": f"{status.queue} waiting, {status.in_hand} in hand; {_counts(status)}",
        "memory": _memory(status),
        "temperature": heat,
        "disk left": size(status.disk_free) + _removed(status),
        **{source.name: source.words for source in status.sources},
        "hooks": _hooks(status),
        "last error": _last_error(status),
        "running": f"for {_span(now - status.started)}, process {status.pid}; told {max(0, now - status.updated):.0f} s ago",
    }
    yield from (f"  {name:<12} {value}" for name, value in rows.items() if value)
    yield from _last_photos(status)


def _remains(status: Status) -> Iterator[str]:
    """What is still worth knowing of a service that does not run."""
    yield "NOT RUNNING"
    yield f"  {'before':<12} {status.state.value}" + (f": {status.reason}" if status.reason else "")
    yield f"  {'photos':<12} {_counts(status)}"
    if status.last_error:
        yield f"  {'last error':<12} {_last_error(status)}"
    yield from _last_photos(status)


def _last_error(status: Status) -> str:
    if not status.last_error:
        return ""
    return f"{time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(status.last_error_at))}: {status.last_error}"


def _counts(status: Status) -> str:
    return f"{status.cut} cut, {status.failed} failed, {status.no_person} without a person"


def _memory(status: Status) -> str:
    shares = {
        "supervisor": status.supervisor_bytes,
        "worker": status.worker_bytes,
        "GPU": status.gpu_bytes,
        **{source.name: source.memory for source in status.sources},
    }
    return ", ".join(f"{name} {size(share)}" for name, share in shares.items() if share)


def _removed(status: Status) -> str:
    return f"; {status.removed} files of finished photos removed, {size(status.removed_bytes)}" if status.removed else ""


def _hooks(status: Status) -> str:
    failed = [f"hooks.{hook} was not told of {count}" for hook, count in status.hooks_failed.items() if count]
    return "; ".join(failed)


def _last_photos(status: Status) -> Iterator[str]:
    if status.last:
        yield "  last photos"
    yield from (f"    {time.strftime('%H:%M:%S', time.localtime(photo.at))}  {_photo(photo)}" for photo in status.last)


def _photo(photo: LastPhoto) -> str:
    if not photo.stage_ms:
        return f"{photo.name}  {photo.outcome}: {photo.reason}"
    stages = ", ".join(f"{stage} {ms:.0f}" for stage, ms in photo.stage_ms.items())
    return f"{photo.name}  {photo.outcome} in {sum(photo.stage_ms.values()):.0f} ms ({stages})"


def size(count: int) -> str:
    """Bytes for people: 512 MB, 12.3 GB."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def _span(seconds: float) -> str:
    """A stretch of time in its two largest units."""
    minutes = int(max(0.0, seconds)) // 60
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min" if minutes else f"{max(0.0, seconds):.0f} s"
