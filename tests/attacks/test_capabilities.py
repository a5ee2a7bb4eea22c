"""Root's powers: gone, whoever started the worker."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root has what is given up here")
_DAC_READ_SEARCH = 1 << 2

LOCKED_IN = """
import sys
from pathlib import Path
from edge import sandbox
sandbox.confine_writing(map(Path, sys.argv[2:]))
if sys.argv[1] == "worker":
    sandbox.lock_in(map(Path, sys.argv[2:]))
import colorsys  # Python's own files are still to be read
for path in sys.argv[2:]:
    Path(path, "model.toml").read_bytes()
print(Path("/proc/self/status").read_text())
"""


def powers(*arguments: str) -> dict[str, int]:
    """The sets of the process: CapInh, CapPrm, CapEff, CapBnd, CapAmb; and NoNewPrivs."""
    command = [sys.executable, "-c", LOCKED_IN, *arguments]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    pairs = [line.split(":") for line in said.splitlines() if line.startswith(("Cap", "NoNew"))]
    return {name: int(value, 16) for name, value in pairs}


@pytest.mark.parametrize("stage", ["driver", "worker"])
def test_a_worker_of_roots_has_none_of_its_powers(stage: str) -> None:
    found = powers(stage)
    assert found.pop("NoNewPrivs") == 1
    assert set(found.values()) == {0}


@pytest.mark.parametrize("stage", ["driver", "worker"])
def test_it_still_reads_a_model_in_a_users_closed_folder(tmp_path: Path, stage: str) -> None:
    """As a Python in a home is: without the power to read it could not start."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "model.toml").write_text("")
    for path in (home / "model.toml", home):
        os.chown(path, 12_345, 12_345)
    found = powers(stage, str(home))
    assert (found["CapEff"], found["CapPrm"], found["CapBnd"]) == (_DAC_READ_SEARCH, _DAC_READ_SEARCH, 0)
