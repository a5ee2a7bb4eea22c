"""`edge-matting build`. "TensorRT-RTX, not Orin"; what runs an engine is a stand-in (see standin/)."""

from __future__ import annotations

import fcntl
import os
import pty
import shutil
import signal
import struct
import subprocess
import sys
import termios
from dataclasses import replace
from pathlib import Path

import pytest

from edge.board.budget import this_machine
from matting.describe import write_description
from matting.model import default_model_dir, load_model
from tests.edge.hot import Hot, wait_for
from tests.firstboot.conftest import Board

pytestmark = pytest.mark.slow


def command(hot: Hot, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "edge.cli", "build", "--config", str(hot.config), *arguments]


def build(hot: Hot, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(hot, *arguments), capture_output=True, text=True, timeout=120, check=False)


def plans(hot: Hot) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in (hot.state / "engines").glob("*/engine.plan")}


def test_it_builds_what_is_missing_and_says_what_it_does(hot: Hot) -> None:
    first = build(hot)
    assert first.returncode == 0, first.stderr
    assert f"building the engine for a batch of {this_machine().batch}: none was built yet" in first.stderr
    assert "alpha" in first.stderr and "dB from the CPU engine's on real photos" in first.stderr
    assert "2 engines" in first.stdout
    made = plans(hot)
    assert build(hot).returncode == 0
    assert plans(hot) == made  # nothing was missing


def test_force_builds_anew(built: Hot) -> None:
    made = plans(built)
    assert build(built, "--force").returncode == 0
    assert plans(built).keys() == made.keys()
    assert all(plans(built)[path] != when for path, when in made.items())


def test_a_build_that_fails_has_a_code_and_a_sentence(hot: Hot, board: Board) -> None:
    board.inject(build_killed=99)
    result = build(hot)
    assert result.returncode == 21
    assert "edge-matting build --force" in result.stderr.splitlines()[-1]
    board.inject()
    assert build(hot).returncode == 21  # it does not die of all plans again
    assert build(hot, "--force").returncode == 0


def test_a_network_that_cannot_be_put_into_fp16_is_no_matter_of_memory(hot: Hot) -> None:
    """Somebody's own, quantised already."""
    own = hot.root / "own"
    shutil.copytree(default_model_dir(), own)
    shipped = load_model(own)
    write_description(own, replace(shipped, files={"onnx": shipped.files["int8"]}))
    hot.config.write_text(hot.config.read_text() + f'model = "{own}"\n')
    result = build(hot)
    assert result.returncode == 21
    assert 'precision = "fp32" takes it as it is' in result.stderr.splitlines()[-1]
    assert "asking for less" not in result.stderr
    hot.config.write_text(hot.config.read_text().replace('precision = "fp16"', 'precision = "fp32"'))
    assert "failed its trial" not in build(hot).stderr


def test_cancelling_ends_all_of_it_at_once_and_costs_no_rung(hot: Hot, board: Board) -> None:
    board.inject(build_slow=9)
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        # What runs in the background of a shell inherits that SIGINT is ignored.
        with subprocess.Popen(["env", "--default-signal=INT", *command(hot)], stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            while "building fp16" not in process.stderr.readline():
                assert process.poll() is None
            process.send_signal(number)
            process.stderr.read()
            assert process.wait(30) == code
    assert not _running("edge.engine.tensorrt.build_child", hot)
    assert plans(hot) == {}
    board.inject()
    result = build(hot)
    assert result.returncode == 0
    assert "workspace" in result.stderr and "asking for less" not in result.stderr


def _running(module: str, hot: Hot) -> list[str]:
    found = subprocess.run(["pgrep", "-f", module], capture_output=True, text=True, check=False).stdout.split()
    return [pid for pid in found if str(hot.root) in Path(f"/proc/{pid}/environ").read_text(errors="replace")]


def test_a_terminal_gets_a_bar(hot: Hot) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    process = subprocess.Popen(command(hot), stderr=theirs, stdout=subprocess.DEVNULL)
    os.close(theirs)
    shown = b""
    while True:
        try:
            shown += os.read(ours, 4096)
        except OSError:  # the terminal's other end is closed
            break
    os.close(ours)
    assert process.wait(60) == 0
    assert b"100 %|" in shown


def test_two_builds_do_not_share_a_folder(hot: Hot, board: Board) -> None:
    board.inject(build_slow=1)
    first = subprocess.Popen(command(hot), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    wait_for(lambda: (hot.state / "engines" / "lock").exists(), hot)
    result = build(hot)
    assert result.returncode == 21
    assert "another build is at work" in result.stderr
    assert first.wait(120) == 0
