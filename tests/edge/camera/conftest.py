from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge.camera.booth import Booth
from tests.edge.camera.films import Film

_SYSTEM_PYTHON = Path("/usr/bin/python3")


@pytest.fixture
def rtsp(film: Film) -> Iterator[str]:
    """The film's address on a real RTSP server."""
    script = Path(__file__).parent / "rtsp_server.py"
    probe = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
    if subprocess.run([_SYSTEM_PYTHON, "-c", probe], check=False, capture_output=True).returncode != 0:
        pytest.skip("no RTSP server: install gir1.2-gst-rtsp-server-1.0 and python3-gi")
    with subprocess.Popen([_SYSTEM_PYTHON, script, film.path], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield f"rtsp://127.0.0.1:{server.stdout.readline().strip()}/film"
        server.kill()


@pytest.fixture
def booths(tmp_path: Path) -> Iterator[list[Booth]]:
    """Put what was started in here, and it will be ended."""
    started: list[Booth] = []
    yield started
    for each in started:
        if each.process is not None:
            os.kill(each.process.pid, 9)
            each.process.wait()
