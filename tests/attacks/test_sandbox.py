"""A decoder that runs an attacker's code gets nowhere: planted in place of the real one, in a real service."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge import sandbox
from edge.sandbox import landlock
from tests.attacks.attempts import ATTACKS, OF_DRIVERS
from tests.attacks.attempts import READING as ALL_READING
from tests.edge.hot import Hot, portrait

HERE = Path(__file__).parent
# EFBIG: by RLIMIT_FSIZE. ENOSYS: what young kernels alone have.
REFUSALS = {f"refused {number}" for number in (errno.EPERM, errno.EACCES, errno.EFBIG, errno.ENOSYS)}


def outcomes(command: list[str], victim: Path) -> dict[str, str]:
    """What the planted decoder says of each attack."""
    environment = {**os.environ, "PYTHONPATH": f"{HERE}:{HERE.parent.parent}", "VICTIM": str(victim)}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    return dict(re.findall(r"^attack (.+): (.+)$", result.stderr, re.MULTILINE))


@pytest.fixture
def victim(hot: Hot) -> Iterator[Path]:
    path = hot.drop("elsewhere.txt.part", b"another guest's photo")
    yield path
    assert path.read_bytes() == b"another guest's photo" and path.stat().st_mode & 0o777 != 0o777
    assert not Path("/tmp/edge-matting-was-here").exists()
    assert {other.name for other in path.parent.iterdir()} <= {path.name}


def succeeded(found: dict[str, str]) -> set[str]:
    assert set(ATTACKS) | set(OF_DRIVERS) <= set(found), found
    return {name for name, outcome in found.items() if outcome not in REFUSALS}


READING = set() if landlock.version() else set(ALL_READING)


def test_code_of_an_attacker_gets_nowhere_and_its_photo_fails(hot: Hot, victim: Path) -> None:
    hot.drop("evil.jpg", portrait())
    assert succeeded(outcomes(hot.command("--once"), victim)) == READING
    assert hot.files("failed") == {"evil.jpg", "evil.jpg.json"}


@pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock, which confines the driver's threads")
@pytest.mark.parametrize("older", [False, True], ids=["the worker's thread", "a thread of the driver's"])
def test_beside_a_gpus_driver_it_gets_as_far_as_the_devices(victim: Path, older: bool) -> None:
    """No driver here: a thread of its own stands in for those that it starts between the two steps."""
    found = outcomes([sys.executable, "-c", BESIDE_A_DRIVER, *(["older"] if older else [])], victim)
    assert succeeded(found) <= {*OF_DRIVERS, *(ALL_READING if older else ())}


BESIDE_A_DRIVER = """
import os, sys, tempfile, threading, simplejpeg
from pathlib import Path
from edge import sandbox
from edge.sandbox.seccomp import Role
from edge.worker import limits, messages
folder = tempfile.TemporaryDirectory()
photo = Path(folder.name, "evil.jpg")
photo.write_bytes(b"photo")
hands = os.open(photo, os.O_RDONLY), os.memfd_create("output")
folder.cleanup()
limits.bound(messages.StartWorker(Path("/nowhere"), "torch", "onnx", 1, 1, 12_000_000, 4 << 30))
go = threading.Event()
older = threading.Thread(target=lambda: (go.wait(), simplejpeg.attack()), daemon=True)
sandbox.confine_writing()
older.start()
assert sandbox.lock_in(role=Role.DRIVER) == []
os.close(os.open("/dev/null", os.O_RDWR))
if sys.argv[1:]:
    go.set()
    older.join()
else:
    simplejpeg.attack()
"""


def test_a_kernel_without_landlock_is_told_of(hot: Hot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "version", lambda: 0)
    assert sandbox.offered() == ["landlock"]
