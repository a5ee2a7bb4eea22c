"""`edge-matting serve` as a user starts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.edge.hot import portrait, wait_for
from tests.edge.http.client import answers, free_port

pytestmark = pytest.mark.slow


def test_photos_are_cut_without_any_folder_but_the_states(tmp_path: Path) -> None:
    port = free_port()
    words = [sys.executable, "-m", "edge.cli", "serve", "--listen", f"127.0.0.1:{port}"]
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state"), "PYTHONPATH": str(Path.cwd())}
    (tmp_path / "here").mkdir()
    with (tmp_path / "log").open("wb") as log:
        service = subprocess.Popen(words, env=environment, stderr=log, cwd=tmp_path / "here")
    try:
        wait_for(lambda: answers(port, "/healthz"))
        answer = requests.post(f"http://127.0.0.1:{port}/cut", data=portrait())
        assert answer.status_code == 200 and answer.content.startswith(b"\x89PNG")
        service.send_signal(signal.SIGTERM)
        assert service.wait(30) == 0
    finally:
        service.kill()
        service.wait()
    assert not any((tmp_path / "here").iterdir()), "nothing is made where one happens to stand"
    assert (tmp_path / "state" / "edge-matting" / "status.json").exists()
    assert "watching" not in (tmp_path / "log").read_text()


def test_an_address_that_is_none_is_refused() -> None:
    words = [sys.executable, "-m", "edge.cli", "serve", "--listen", "booth:80"]
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    assert result.returncode == 2 and "no address and port" in result.stderr


def test_an_address_that_is_open_to_other_machines_needs_a_key(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "edge.cli", "serve", "--listen", f"0.0.0.0:{free_port()}"]
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    result = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 3 and "needs http.key_file" in result.stderr
