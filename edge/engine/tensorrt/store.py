"""Built engines on disk: each under a key that names all it depends on, and never served cut short or altered.

`<folder>/<digest of the key>/engine.plan` holds the engine and `manifest.json` the key, its length and sha256. The manifest is
written last: an engine without one does not exist. Whatever does not fit is a reason to build again, not an error.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edge.engine.tensorrt.plan import BuildPlan
from edge.fs.files import make_folders, write_atomic
from edge.fs.temporary import create_temporary
from matting.errors import OutputError

# Raised whenever the same key would be built in another way: 2, strongly typed.
SCHEMA = 2


@dataclass(frozen=True, slots=True)
class GpuInfo:
    """What an engine is bound to of the board. capability: such as "8.7"; processors: streaming multiprocessors."""

    name: str
    capability: str
    processors: int
    cuda: str
    tensorrt: str


@dataclass(frozen=True, slots=True)
class EngineKey:
    """Everything an engine file depends on. plan: as first asked for, before any plan that asks for less."""

    gpu: GpuInfo
    onnx_sha256: str
    plan: BuildPlan
    schema: int = SCHEMA

    @classmethod
    def parse(cls, table: dict[str, Any]) -> EngineKey:
        """The inverse of `asdict`."""
        return cls(**{**table, "gpu": GpuInfo(**table["gpu"]), "plan": BuildPlan(**table["plan"])})

    @property
    def digest(self) -> str:
        """The name of its folder."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class StoredEngine:
    """engine: the file's bytes, checked. built: the plan that worked, perhaps below the key's. psnr: dB of its alpha against
    the CPU engine's on the photos it was tried on. seconds: how long its build took, None where that was not noted."""

    engine: bytes
    built: BuildPlan
    psnr: float
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """No engine to load, and why."""

    reason: str


class EngineStore:
    """The engines in one folder, on a local disk that the service may write to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def check_writable(self) -> None:
        """Find out before a build of minutes what would fail after it.

        Raises:
            OutputError: the folder cannot be made or written.
        """
        try:
            make_folders(self._folder)
            descriptor, temporary = create_temporary(self._folder)
            os.close(descriptor)
            temporary.unlink()
        except OSError as error:
            raise OutputError(
                f"the engine folder {self._folder} cannot be written ({error.strerror}): give the service's user permission, "
                "or set hotfolder.state to a folder on a writable disk"
            ) from error

    def load(self, key: EngineKey) -> StoredEngine | Missing:
        """The engine for that key, whole and unaltered."""
        folder = self._folder / key.digest
        try:
            manifest = json.loads((folder / "manifest.json").read_bytes())
            engine = (folder / "engine.plan").read_bytes()
            seconds = manifest.get("seconds")
            built, psnr = BuildPlan(**manifest["built"]), float(manifest["psnr"])
            stored = StoredEngine(engine, built, psnr, None if seconds is None else float(seconds))
            fault = _fault(manifest, key, engine)
        except FileNotFoundError:
            return Missing(self._why_none(key))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            return Missing(f"the stored engine cannot be read ({error!r})")
        return stored if fault is None else Missing(fault)

    def publish(self, key: EngineKey, stored: StoredEngine) -> None:
        """Put the engine in place; until this returns, `load` gives what it gave before.

        Raises:
            OutputError: it cannot be written; nothing has changed.
        """
        folder = self._folder / key.digest
        manifest = {
            "key": asdict(key),
            "built": asdict(stored.built),
            "psnr": stored.psnr,
            "seconds": stored.seconds,
            "bytes": len(stored.engine),
            "sha256": hashlib.sha256(stored.engine).hexdigest(),
        }
        try:
            make_folders(folder)
            write_atomic(folder / "engine.plan", stored.engine)
            write_atomic(folder / "manifest.json", json.dumps(manifest, indent=1).encode())
        except OSError as error:
            raise OutputError(f"the engine cannot be stored in {folder}: {error.strerror}") from error

    def discard(self, key: EngineKey) -> None:
        """Take the engine away, so that it is built again."""
        shutil.rmtree(self._folder / key.digest, ignore_errors=True)

    def discard_others(self, keep: list[EngineKey]) -> None:
        """Take away what other keys left: an old JetPack's, another model's."""
        digests = {key.digest for key in keep}
        for folder in self._folder.iterdir():
            if re.fullmatch("[0-9a-f]{16}", folder.name) and folder.name not in digests:
                shutil.rmtree(folder, ignore_errors=True)

    def timing_cache(self, gpu: GpuInfo) -> bytes:
        """Of earlier builds on this board with this TensorRT; b"" where there were none."""
        try:
            return self._timing_file(gpu).read_bytes()
        except OSError:
            return b""

    def keep_timing_cache(self, gpu: GpuInfo, cache: bytes) -> None:
        """Raises OSError when it cannot be written; it only saves time."""
        write_atomic(self._timing_file(gpu), cache)

    def _timing_file(self, gpu: GpuInfo) -> Path:
        digest = hashlib.sha256(json.dumps(asdict(gpu), sort_keys=True).encode()).hexdigest()[:16]
        return self._folder / f"timing-{digest}.cache"

    def _why_none(self, key: EngineKey) -> str:
        """What differs from the engines that there are: it tells an upgrade from a first boot."""
        for path in sorted(self._folder.glob("*/manifest.json")):
            try:
                theirs = json.loads(path.read_bytes())["key"]
                other_batch = theirs["plan"]["batch"] != key.plan.batch  # it stands beside ours, not in its place
                differs = _differences(theirs, asdict(key))
            except (OSError, ValueError, KeyError, TypeError):
                continue
            if differs and not other_batch:
                return f"the engine in store is for another {', '.join(differs)}"
        return "none was built yet"


def _fault(manifest: dict[str, Any], key: EngineKey, engine: bytes) -> str | None:
    if manifest["key"] != asdict(key):
        return "the stored engine's key is not the one of its folder"
    if len(engine) != manifest["bytes"]:
        return f"the stored engine has {len(engine)} bytes instead of {manifest['bytes']}"
    if hashlib.sha256(engine).hexdigest() != manifest["sha256"]:
        return "the stored engine was altered"
    return None


def _differences(theirs: dict[str, Any], ours: dict[str, Any]) -> list[str]:
    """Names of the fields, of the GPU's too, in which two keys differ."""
    flat = [{**key, **key["gpu"], **key["plan"]} for key in (theirs, ours)]
    return [name for name in flat[1] if name not in ("gpu", "plan") and flat[0].get(name) != flat[1][name]]
