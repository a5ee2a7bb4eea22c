"""The kernels compiled by nvcc for the boards; they are not run here."""

from __future__ import annotations

from pathlib import Path

import pytest

from matting.cuda import compiler
from matting.cuda.compiler import compile_kernels
from matting.errors import EngineError
from tests.matting.cuda.signatures import signatures
from tests.matting.cuda.toolkit import first_on_path, nvcc, usage

needs_nvcc = pytest.mark.skipif(nvcc() is None, reason="needs nvcc: pip install nvidia-cuda-nvcc")


@pytest.fixture
def on_path(monkeypatch: pytest.MonkeyPatch) -> Path:
    found = nvcc()
    assert found is not None
    monkeypatch.setenv("PATH", first_on_path(found))
    return found


@needs_nvcc
def test_no_kernel_spills_or_needs_a_stack_on_an_orin(tmp_path: Path) -> None:
    """At most 64 registers: a multiprocessor then holds four blocks of 256 threads."""
    kernels = usage("sm_87", tmp_path)
    assert set(kernels) == set(signatures())
    assert {name: use for name, use in kernels.items() if use.spills or use.stack} == {}
    assert max(use.registers for use in kernels.values()) <= 64


@needs_nvcc
def test_compiled_once_for_each_source_architecture_and_nvcc(on_path: Path, tmp_path: Path) -> None:
    first = compile_kernels(tmp_path / "new" / "cache", "sm_87")
    assert first.read_bytes()[:4] == b"\x7fELF"
    written = first.stat().st_mtime_ns
    assert compile_kernels(first.parent, "sm_87") == first and first.stat().st_mtime_ns == written
    assert compile_kernels(first.parent, "sm_89") != first
    assert len(list(first.parent.iterdir())) == 2


@needs_nvcc
def test_nvccs_own_words_are_told(on_path: Path, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"nvcc failed: .*sm_1"):
        compile_kernels(tmp_path, "sm_1")
    assert list(tmp_path.iterdir()) == []


@needs_nvcc
def test_a_folder_that_cannot_be_written_is_told(on_path: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(EngineError, match="cannot be written"):
        compile_kernels(tmp_path / "file" / "cache", "sm_87")


def test_without_nvcc_it_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(compiler, "TOOLKIT", tmp_path)
    with pytest.raises(EngineError, match="apt install cuda-nvcc"):
        compile_kernels(tmp_path, "sm_87")


def test_an_nvcc_that_cannot_be_run_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "nvcc"
    broken.write_bytes(b"\x7fELF of another machine")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match="does not run"):
        compile_kernels(tmp_path / "cache", "sm_87")
