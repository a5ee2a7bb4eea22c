"""The code that calls TensorRT, type-checked against the API of every release to serve. Nothing of TensorRT runs here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.tensorrt_stubs import make_stubs

ROOT = Path(__file__).parents[2]
CALLERS = ("edge/engine/tensorrt/builder.py", "matting/engines/tensorrt.py", "matting/engines/tensorrt_log.py")
RELEASES = {"JetPack 6.0": "tensorrt-bindings==8.6.1", "JetPack 6.1, 6.2": "tensorrt-cu12-bindings==10.3.0"} | {
    "JetPack 7.2": "tensorrt-cu12-bindings==10.16.1.11",
    "JetPack 7.2.2, AGX Orin and Thor": "tensorrt-cu12-bindings==11.4.0.106",
}
# A call of another release, which this one lacks: the check must see it.
PLANTED = {
    "JetPack 6.0": "trt.MemoryPoolType.TACTIC_SHARED_MEMORY",
    "JetPack 6.1, 6.2": "config.max_workspace_size",
    "JetPack 7.2": "config.max_workspace_size",
    "JetPack 7.2.2, AGX Orin and Thor": "config.set_flag(trt.BuilderFlag.FP16)",
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.version_info[:2] != (3, 11) or shutil.which("gcc") is None or shutil.which("nm") is None,
        reason="NVIDIA's bindings of all four releases exist together for Python 3.11, and gcc and binutils load them",
    ),
]


@pytest.fixture(scope="module", params=RELEASES)
def release(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A release and the folder of its stubs."""
    folder = tmp_path_factory.mktemp("tensorrt")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    if subprocess.run([*command, RELEASES[request.param]], capture_output=True, check=False).returncode != 0:
        pytest.skip(f"{RELEASES[request.param]} cannot be fetched here")
    (wheel,) = folder.glob("*.whl")
    make_stubs(wheel, folder / "stubs")
    return request.param, folder / "stubs"


def checked(stubs: Path, *files: str) -> subprocess.CompletedProcess[str]:
    config = stubs / "mypy.ini"
    config.write_text("[mypy]\nfollow_imports = silent\n[mypy-tensorrt]\nignore_errors = True\n")  # generated, not perfect
    command = [sys.executable, "-m", "mypy", f"--config-file={config}", f"--cache-dir={stubs / 'cache'}"]
    environment = {**os.environ, "MYPYPATH": str(stubs)}
    return subprocess.run([*command, *files], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_every_call_exists_in_the_release(release: tuple[str, Path]) -> None:
    result = checked(release[1], *CALLERS)
    assert result.returncode == 0, result.stdout


def test_a_call_that_the_release_does_not_have_is_caught(release: tuple[str, Path], tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    code = (ROOT / CALLERS[0]).read_text()
    marker = "    config.builder_optimization_level"
    assert marker in code
    planted.write_text(code.replace(marker, f"    {PLANTED[release[0]]}\n{marker}"))
    result = checked(release[1], str(planted))
    assert result.returncode == 1
    assert PLANTED[release[0]].rstrip(")").split(".")[-1] in result.stdout
