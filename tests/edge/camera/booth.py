"""A hot folder with a camera and a real service, for tests."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.edge.hot import Hot


class Booth(Hot):
    """A hot folder with a camera."""

    def camera(self) -> int | None:
        """The process id of the camera's process."""
        return self.child(b"edge.camera.process")

    def gstreamer(self) -> int | None:
        """The process id of the feed's pipeline."""
        camera = self.camera()
        return None if camera is None else _child(camera, b"gdppay")

    def child(self, words: bytes) -> int | None:
        return None if self.process is None else _child(self.process.pid, words)

    def snap(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [*self.command()[:3], "snap", "--config", str(self.config), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def _child(parent: int, words: bytes) -> int | None:
    try:
        for thread in Path(f"/proc/{parent}/task").iterdir():
            for pid in (thread / "children").read_text().split():
                if words in Path(f"/proc/{pid}/cmdline").read_bytes():
                    return int(pid)
    except OSError:  # one of them has just ended
        return None
    return None


def booth(root: Path, camera: str) -> Booth:
    """Started with these lines in its configuration."""
    made = Booth(root, camera)
    made.start()
    return made
