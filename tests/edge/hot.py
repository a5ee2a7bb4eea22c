"""A hot folder with a real service on it, for tests."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

PATIENCE = 60.0


@cache
def portrait(size: int = 320, quality: int = 90, kind: str = "JPEG") -> bytes:
    """Eileen Collins (NASA, public domain; out of scikit-image), size x size."""
    spec = importlib.util.find_spec("skimage")
    assert spec is not None and spec.origin is not None
    with Image.open(Path(spec.origin).parent / "data" / "astronaut.png") as image:
        buffer = io.BytesIO()
        image.convert("RGB").resize((size, size)).save(buffer, kind, quality=quality)
    return buffer.getvalue()


class Hot:
    """Folders, config, and at most one running service."""

    def __init__(self, root: Path, extra: str = "", **folders: Path) -> None:
        self.root = root
        names = ("inbox", "outbox", "done", "failed", "no_person", "state")
        self.folders = {name: folders.get(name, root / name) for name in names}
        for folder in self.folders.values():
            folder.mkdir(parents=True, exist_ok=True)
        self.config = root / "config.toml"
        lines = [f"{name} = {json.dumps(str(folder))}" for name, folder in self.folders.items()]
        given = {"settle_seconds": "0.2", "rescan_seconds": "0.5"}
        lines += [f"{key} = {value}" for key, value in given.items() if key not in extra]
        self.config.write_text("[hotfolder]\n" + "\n".join(lines) + "\n" + extra)
        self.process: subprocess.Popen[bytes] | None = None
        self.log = root / "service.log"

    def __getattr__(self, name: str) -> Path:
        try:
            return self.folders[name]
        except KeyError as error:
            raise AttributeError(name) from error

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "edge.cli", "run", "--config", str(self.config), *arguments]

    def once(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command("--once"), capture_output=True, text=True, timeout=PATIENCE * 2, check=False)

    def start(self, *within: str) -> None:
        """within: a command that runs the service's."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([*within, *self.command()], stderr=log, stdin=subprocess.DEVNULL)

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        self.process = None
        return code

    def worker(self) -> int | None:
        """The worker's process id."""
        return self.process_of("edge.worker.main")

    def process_of(self, module: str) -> int | None:
        """The process id of the service's child that runs `module`."""
        if self.process is None:
            return None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        try:
            pids = [int(pid) for pid in children.read_text().split()]
        except OSError:
            return None
        return next((pid for pid in pids if module.encode() in _command_line(pid)), None)

    def kill_child(self, module: str) -> bool:
        """At once; whether there was one."""
        pid = self.process_of(module)
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
        return pid is not None

    def cutting(self) -> bool:
        """Whether the worker has a photo in hand: the supervisor holds the file in memory for its output."""
        if self.process is None:
            return False
        descriptors = Path(f"/proc/{self.process.pid}/fd")
        try:
            return any("memfd:output" in str(each.readlink()) for each in descriptors.iterdir())
        except OSError:  # one of them was just closed, which says that something goes on; the next look tells
            return False

    def drop(self, name: str | bytes, data: bytes) -> Path:
        """Put a file into the inbox the way careful programs do: written elsewhere, renamed into place."""
        target = self.folders["inbox"] / os.fsdecode(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.root / "being-written"
        temporary.write_bytes(data)
        temporary.rename(target)
        return target

    def files(self, *names: str) -> set[str]:
        """Paths of all files in these folders, relative to each, less temporaries of nobody."""
        return {
            str(path.relative_to(self.folders[name]))
            for name in names
            for path in self.folders[name].rglob("*")
            if not path.is_dir() or path.is_symlink()
        }

    def reason(self, name: str) -> dict[str, Any]:
        table: dict[str, Any] = json.loads((self.folders["failed"] / name).read_text())
        return table

    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def wait_for(condition: Callable[[], object], hot: Hot | None = None, seconds: float = PATIENCE) -> None:
    """Until `condition` holds; fails with the service's log when it does not in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("waited in vain; the service said:\n" + (hot.said() if hot else ""))
        time.sleep(0.02)
