"""A board with a GPU, as far as one can be had without one: see standin/."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge.hot import Hot, wait_for
from tests.matting.cuda.host import compiled
from tests.tensorrt import rtx  # skips where TensorRT-RTX is not to be had

assert rtx
ROOT = Path(__file__).parents[2]
STANDIN = Path(__file__).parent / "standin"
CONFIG = '[engine]\nkind = "tensorrt"\nprecision = "fp16"\n'


class Board:
    """The stand-ins' switches."""

    def __init__(self, faults: Path, folder: Path) -> None:
        self._faults, self._version = faults, folder / "version"
        self.upgrade("10.3.0")

    def inject(self, **counts: int) -> None:
        """build_killed=2: the fault "build-killed" happens twice."""
        # in place: the stand-ins keep it open
        self._faults.write_text("".join(f"{name.replace('_', '-')} {count}\n" for name, count in counts.items()))

    def upgrade(self, version: str) -> None:
        """Another TensorRT, as a new JetPack brings."""
        self._version.write_text(version)


@pytest.fixture(scope="session")
def kernels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kernels")
    compiled(folder)
    return folder / "kernels.so"


@pytest.fixture
def board(tmp_path: Path, kernels: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Board]:
    folder = tmp_path / "board"
    folder.mkdir()
    with tempfile.NamedTemporaryFile(dir="/dev/shm") as faults:  # a driver's process writes to devices alone
        monkeypatch.setenv("PYTHONPATH", f"{STANDIN}{os.pathsep}{ROOT}")
        monkeypatch.setenv("PATH", f"{STANDIN / 'bin'}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.setenv("STANDIN_KERNELS", str(kernels))
        monkeypatch.setenv("STANDIN_FAULTS", faults.name)
        monkeypatch.setenv("STANDIN_VERSION", str(folder / "version"))
        yield Board(Path(faults.name), folder)


@pytest.fixture
def hot(board: Board, tmp_path: Path) -> Iterator[Hot]:
    """A hot folder on a board that has built nothing yet."""
    hot = Hot(tmp_path / "hot", CONFIG)
    yield hot
    if hot.process is not None:
        hot.stop()


@pytest.fixture(scope="session")
def engines(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Where the engines of a first boot are kept for all tests that begin after one; filled by the first."""
    return {"folder": tmp_path_factory.mktemp("built") / "engines"}


@pytest.fixture
def built(hot: Hot, engines: dict[str, Path]) -> Hot:
    """A hot folder on a board that has its engines; the service is not running."""
    target = hot.state / "engines"
    if not engines["folder"].exists():
        hot.start()
        wait_for(lambda: "engine tensorrt" in hot.said(), hot, 120)
        hot.stop()
        hot.log.unlink()
        shutil.copytree(target, engines["folder"])
    else:
        shutil.copytree(engines["folder"], target)
    return hot
