"""Engines on disk: what was published is what is loaded, and nothing else ever is."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import edge.fs.temporary
from edge.engine.tensorrt.plan import BuildPlan
from edge.engine.tensorrt.store import EngineKey, EngineStore, GpuInfo, Missing, StoredEngine
from matting.errors import OutputError

PLAN = BuildPlan("fp16", 1, 1 << 29, 1 << 29)
ORIN = GpuInfo("Orin", "8.7", 8, "12.6", "10.3.0")
KEY = EngineKey(ORIN, "ab" * 32, PLAN)
ENGINE = StoredEngine(bytes(range(256)) * 40, replace(PLAN, level=1), 51.5)


@pytest.fixture
def store(tmp_path: Path) -> EngineStore:
    store = EngineStore(tmp_path / "engines")
    store.publish(KEY, ENGINE)
    return store


def files(tmp_path: Path, name: str) -> Path:
    (path,) = tmp_path.glob(f"engines/*/{name}")
    return path


def test_what_was_published_is_loaded(store: EngineStore) -> None:
    assert store.load(KEY) == ENGINE


@pytest.mark.parametrize(
    ("key", "word"),
    [
        (replace(KEY, gpu=replace(ORIN, tensorrt="10.16.2")), "tensorrt"),
        (replace(KEY, gpu=replace(ORIN, cuda="13.2")), "cuda"),
        (replace(KEY, gpu=replace(ORIN, name="Thor", capability="11.0")), "capability"),
        (replace(KEY, gpu=replace(ORIN, processors=4)), "processors"),
        (replace(KEY, onnx_sha256="cd" * 32), "onnx_sha256"),
        (replace(KEY, plan=replace(PLAN, precision="int8")), "precision"),
        (replace(KEY, plan=replace(PLAN, batch=4)), "none was built yet"),
        (replace(KEY, plan=replace(PLAN, workspace=1 << 28)), "workspace"),
        (replace(KEY, schema=1), "schema"),
    ],
)
def test_another_board_release_or_model_asks_for_its_own_engine(store: EngineStore, key: EngineKey, word: str) -> None:
    missing = store.load(key)
    assert isinstance(missing, Missing)
    assert word in missing.reason


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def alter_a_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("harm", [cut_short, alter_a_byte, empty, Path.unlink])
@pytest.mark.parametrize("name", ["engine.plan", "manifest.json"])
def test_a_harmed_file_is_never_served_and_can_be_built_again(
    store: EngineStore, tmp_path: Path, name: str, harm: Callable[[Path], None]
) -> None:
    harm(files(tmp_path, name))
    assert isinstance(store.load(KEY), Missing)
    store.publish(KEY, ENGINE)
    assert store.load(KEY) == ENGINE


def test_a_manifest_of_another_key_is_not_believed(store: EngineStore, tmp_path: Path) -> None:
    path = files(tmp_path, "manifest.json")
    manifest = json.loads(path.read_text())
    manifest["key"]["gpu"]["tensorrt"] = "8.6.2"
    path.write_text(json.dumps(manifest))
    assert isinstance(store.load(KEY), Missing)


def test_without_space_nothing_changes_and_the_error_says_so(store: EngineStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(edge.fs.temporary, "write_all", full)
    with pytest.raises(OutputError, match="No space left"):
        store.publish(KEY, replace(ENGINE, engine=b"new"))
    assert store.load(KEY) == ENGINE


def test_a_folder_that_cannot_be_written_is_found_before_the_build(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot be written"):
        EngineStore(tmp_path / "file" / "engines").check_writable()


def test_other_keys_engines_are_cleared_away(store: EngineStore) -> None:
    newer = replace(KEY, gpu=replace(ORIN, tensorrt="10.16.2"))
    store.publish(newer, ENGINE)
    store.discard_others([newer])
    assert isinstance(store.load(KEY), Missing)
    assert store.load(newer) == ENGINE


def test_the_timing_cache_belongs_to_board_and_release(store: EngineStore) -> None:
    assert store.timing_cache(ORIN) == b""
    store.keep_timing_cache(ORIN, b"timings")
    assert store.timing_cache(ORIN) == b"timings"
    assert store.timing_cache(replace(ORIN, tensorrt="10.16.2")) == b""
