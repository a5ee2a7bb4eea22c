"""A package from outside brings an engine, an output format, a background and a source; a photo goes through each of them.

It lies in a folder on PYTHONPATH, as `pip install` would leave it, and is known by its entry point alone.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.edge.hot import Hot, portrait

ROOT = Path(__file__).parent.parent
PLUGIN = '''
import io
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from edge.config.keys import Key, path
from edge.config.options import Options
from edge.delivery.attempts import Attempts
from edge.intake.source import REQUEST, Input, Opened, SourceKind, register_source
from edge.monitoring.status import SourceStatus
from matting.backgrounds.base import Background
from matting.backgrounds.registry import register_background
from matting.engines.base import EngineKind
from matting.engines.registry import register_engine
from matting.formats.base import Format
from matting.formats.registry import register_format


class Disc:
    """A centred disc, half as wide as the photo, is the person."""

    def __init__(self, model, threads):
        self.name, self._size = f"disc ({model.name}, {threads} threads)", (model.input.height, model.input.width)

    def infer(self, tensor):
        from disc.late import radius  # after the worker has locked itself in

        y, x = (np.linspace(-1, 1, side, dtype=np.float32) for side in self._size)
        return ((y[:, None] ** 2 + x[None] ** 2) < radius() ** 2).astype(np.float32)

    def close(self):
        pass


@dataclass(frozen=True)
class Stripes(Background):
    """Rows of black and white."""

    def behind(self, photo, alpha):
        stripes = np.zeros((photo.height, photo.width, 3), np.uint8)
        stripes[::2] = 255
        return stripes


def write_bmp(pixels, icc, dpi):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "BMP")
    return out.getvalue()


class Drawer:
    """One photo, cut from memory into another folder."""

    name = "drawer"

    def __init__(self, context):
        self._folder = Path(context.config.more["drawer"]["folder"])
        self._options = context.config.options
        self._left = [PurePosixPath("guest")]

    def poll(self, now):
        pass

    def take(self, now, priority):
        return Input(self._left.pop(), Attempts()) if priority == REQUEST and self._left else None

    def open(self, photo):
        return Opened(os.open(self._folder / "photo.png", os.O_RDONLY), self._options)

    def deliver(self, photo, outputs, facts):
        for output in outputs:
            size = os.fstat(output.descriptor).st_size
            (self._folder / ("cut" + output.suffix)).write_bytes(os.pread(output.descriptor, size, 0))
        return "cut"

    def refuse(self, photo, error, attempts):
        (self._folder / "reason").write_text(str(error))
        return True

    def retry(self, photo, attempts):
        self._left.append(photo.path)

    def wait(self, now, *, taking):
        return 1.0

    def drained(self, now):
        return not self._left

    def status(self):
        return SourceStatus(self.name, words="one drawer, open")

    def close(self):
        pass


def register():
    wanted = lambda context: "folder" in context.config.more["drawer"]
    register_source(SourceKind("drawer", wanted, Drawer, keys={"folder": Key(path, "a folder")}))
    register_engine(EngineKind("disc", Disc))
    register_format(Format("bmp", ".bmp", write_bmp, alpha=False, aliases=("dib",)))
    register_background("stripes", lambda text: Stripes() if text == "stripes" else None)
'''


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The package's folder; every process that is started now finds it."""
    packages = tmp_path / "packages"
    (packages / "disc").mkdir(parents=True)
    (packages / "disc" / "__init__.py").write_text("")
    (packages / "disc" / "plugin.py").write_text(PLUGIN)
    (packages / "disc" / "late.py").write_text("def radius():\n    return 0.5\n")
    info = packages / "disc-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: disc\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[edge_matting.plugins]\ndisc = disc.plugin:register\n")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(packages)]))
    yield packages / "disc"


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "edge.cli", *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)


def check(data: bytes) -> None:
    """A BMP: a disc of the photo before stripes."""
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.format == "BMP" and picture.mode == "RGB" and picture.size == (320, 320)
        pixels = np.asarray(picture)
    with Image.open(io.BytesIO(portrait(kind="PNG"))) as photo:
        np.testing.assert_array_equal(pixels[120:200, 120:200], np.asarray(photo)[120:200, 120:200])
    assert (pixels[:40:2] == 255).all() and not pixels[1:40:2].any()


def test_a_photo_goes_through_all_three_on_the_command_line(plugin: Path, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(portrait(kind="PNG"))
    wanted = ["--engine", "disc", "--format", "DIB", "--background", "stripes"]
    result = command("cut", tmp_path / "a.png", "--out", tmp_path / "out", *wanted)
    assert result.returncode == 0, result.stderr
    check((tmp_path / "out" / "a.bmp").read_bytes())


def test_a_photo_goes_through_all_three_in_the_service(plugin: Path, tmp_path: Path) -> None:
    """In its worker, which is another process, and opens the engine after it gave up its rights."""
    extra = '[engine]\nkind = "disc"\n[matting]\nformat = "bmp"\nbackground = "stripes"\n'
    hot = Hot(tmp_path / "hot", extra)
    hot.drop("a.png", portrait(kind="PNG"))
    result = hot.once()
    assert result.returncode == 0 and "engine disc (portrait, " in result.stderr, result.stderr
    assert hot.files("outbox", "failed", "no_person", "inbox") == {"a.bmp"}, result.stderr
    check((hot.outbox / "a.bmp").read_bytes())


def test_a_source_from_outside_is_served_as_the_others_are(plugin: Path, tmp_path: Path) -> None:
    drawer = tmp_path / "drawer"
    drawer.mkdir()
    (drawer / "photo.png").write_bytes(portrait(kind="PNG"))
    extra = f'[engine]\nkind = "disc"\n[matting]\nformat = "bmp"\nbackground = "stripes"\n[drawer]\nfolder = "{drawer}"\n'
    hot = Hot(tmp_path / "hot", extra)
    hot.drop("a.png", portrait(kind="PNG"))
    result = hot.once()
    assert result.returncode == 0 and "cut guest -> cut" in result.stderr, result.stderr
    check((drawer / "cut.bmp").read_bytes())
    check((hot.outbox / "a.bmp").read_bytes())
    told = json.loads((hot.state / "status.json").read_text())
    assert {source["name"]: source["words"] for source in told["sources"]} == {"drawer": "one drawer, open", "hot-folder": ""}
    assert told["cut"] == 2
    command("doctor", "--config", hot.config).check_returncode()


def test_a_profile_may_name_them(plugin: Path, tmp_path: Path) -> None:
    hot = Hot(tmp_path / "hot", '[engine]\nkind = "disc"\n')
    (hot.inbox / "guests").mkdir()
    (hot.inbox / "guests" / "edge-matting.toml").write_text('format = "dib"\nbackground = "stripes"\n')
    hot.drop("guests/a.png", portrait(kind="PNG"))
    result = hot.once()
    assert hot.files("outbox", "failed") == {"guests/a.bmp"}, result.stderr
    check((hot.outbox / "guests" / "a.bmp").read_bytes())


def test_mattes_of_its_engine_are_compared(plugin: Path, tmp_path: Path) -> None:
    for name in ("photos", "alphas"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (64, 64), "white").save(tmp_path / name / "a.png")
    result = command("evaluate", tmp_path / "photos", tmp_path / "alphas", "--engine", "disc", "--json")
    assert result.returncode == 0 and '"engine": "disc (portrait, ' in result.stdout, result.stderr


def test_sentences_say_that_they_are_there(plugin: Path, tmp_path: Path) -> None:
    config = tmp_path / "wrong.toml"
    config.write_text('[engine]\nkind = "abacus"\n[matting]\nformat = "gif"\nbackground = "#12"\n')
    result = command("run", "--once", "--config", config)
    assert result.returncode == 3
    for words in ('"cpu", "disc"', '"zip", "bmp"', '"white", "stripes" or a picture file'):
        assert words in result.stderr, result.stderr
    result = command("cut", tmp_path, "--out", tmp_path, "--engine", "abacus")
    assert result.returncode == 2 and "disc" in result.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("raise RuntimeError('no licence')\n", "RuntimeError: no licence"),
        ("import a_module_that_is_not_there\n", "a_module_that_is_not_there"),
        ("def register():\n    from matting.formats import png, registry\n    registry.register_format(png.PNG)\n", "already"),
        ("", "register"),
    ],
    ids=["it fails", "it needs a module", "its name is taken", "it has no such function"],
)
def test_one_that_cannot_be_loaded_is_a_sentence(plugin: Path, tmp_path: Path, text: str, words: str) -> None:
    (plugin / "plugin.py").write_text(text)
    result = command("cut", tmp_path, "--out", tmp_path / "out")
    assert result.returncode == 2 and "Traceback" not in result.stderr
    assert "the plug-in disc (disc.plugin:register) cannot be loaded" in result.stderr and words in result.stderr
