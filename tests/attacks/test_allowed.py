"""What a worker that is locked in can still do: all that it is there for."""

from __future__ import annotations

import io
import os
import select
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, features

from edge.config.options import Options
from edge.ipc.child import ChildProcess
from edge.ipc.memory_file import create_memory_file, seal
from edge.worker.messages import FROM_WORKER, OUTPUT, PHOTO, CutPhoto, PhotoCut, PhotoFailed, StartWorker, WorkerReady
from matting.model import default_model_dir
from tests.edge.hot import PATIENCE, Hot, portrait
from tests.matting.hostile import saved
from tests.matting.tiff_files import dng_file

SUFFIXES = {"png": "png", "webp": "webp", "jpeg": "jpg", "tiff": "tif"}
BACKGROUNDS = {"none": "none", "blur": "blur", "colour": "#00FF00", "picture": "wall.jpg"}


def photos() -> dict[str, bytes]:
    """A portrait in every kind of file that is taken."""
    pytest.importorskip("pillow_heif").register_heif_opener()
    with Image.open(io.BytesIO(portrait())) as image:
        image.load()
    pytest.importorskip("rawpy")
    jpeg = portrait()
    return {
        "camera.dng": dng_file(jpeg, (320, 320), (320, 320), orientation=1),
        **({"plain.avif": saved(image, "AVIF")} if features.check("avif") else {}),
        **{f"plain.{kind}": portrait(kind=kind) for kind in ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "HEIF")},
        "progressive.jpg": saved(image, "JPEG", progressive=True),
        "cmyk.jpg": saved(image.convert("CMYK"), "JPEG"),
        "palette.png": saved(image.quantize(64), "PNG"),
        "lossless.webp": saved(image, "WEBP", lossless=True),
        **{f"{way}.tif": saved(image, "TIFF", compression=way) for way in ("tiff_lzw", "tiff_adobe_deflate", "jpeg")},
    }


def test_every_kind_of_photo_is_cut(tmp_path: Path) -> None:
    hot = Hot(tmp_path, '[matting]\nmask = true\ncolours = "srgb"\ncrop = 0.05\nfeather = 1.0\nerode = 1\n')
    names = photos()
    for name, data in names.items():
        hot.drop(name, data)
    assert_cut(hot, len(names) * 2)


def test_every_kind_of_cut_out_is_written(hot: Hot) -> None:
    (hot.root / "backgrounds").mkdir()
    (hot.root / "backgrounds" / "wall.jpg").write_bytes(portrait(200))
    expected = set()
    for format, suffix in SUFFIXES.items():
        for name, background in BACKGROUNDS.items():
            folder = f"{format}-{name}"
            hot.drop(f"{folder}/edge-matting.toml", f'format = "{format}"\nbackground = "{background}"\n'.encode())
            hot.drop(f"{folder}/a.jpg", portrait())
            expected.add(f"{folder}/a.{suffix}")
    assert_cut(hot, len(expected))
    assert hot.files("outbox") == expected


def assert_cut(hot: Hot, outputs: int) -> None:
    """All that is in the inbox becomes so many outputs, by a worker that is locked in."""
    result = hot.once()
    assert result.returncode == 0, result.stderr
    assert "locked in less" not in result.stderr
    assert hot.files("failed", "no_person") == set(), result.stderr
    assert len(hot.files("outbox")) == outputs


class Worker:
    """A worker, locked in, and what it says of one photo after the other."""

    def __init__(self, memory: int) -> None:
        start = StartWorker(default_model_dir(), "cpu", "onnx", 2, 2, 50_000_000, memory)
        self.process = ChildProcess("edge.worker.main", start, FROM_WORKER)
        ready = self._next((WorkerReady,))
        assert isinstance(ready, WorkerReady) and ready.unlocked == ()

    def cut(self, folder: Path, data: bytes, options: Options) -> PhotoCut | PhotoFailed:
        path = folder / "photo"
        path.write_bytes(data)
        files = {PHOTO: os.open(path, os.O_RDONLY), OUTPUT: create_memory_file("output")}
        self.process.send(CutPhoto(1, options, 2), files)
        answer = self._next((PhotoCut, PhotoFailed))
        seal(files[OUTPUT])
        for descriptor in files.values():
            os.close(descriptor)
        assert isinstance(answer, PhotoCut | PhotoFailed)
        return answer

    def _next(self, kinds: tuple[type, ...]) -> object:
        while True:
            assert select.select([self.process], [], [], PATIENCE)[0], "the worker says nothing"
            said = [message for message in self.process.receive() if isinstance(message, kinds)]
            assert self.process.ended is None, str(self.process.ended)
            if said:
                return said[0]


@pytest.fixture
def small_worker(request: pytest.FixtureRequest) -> Iterator[Worker]:
    """One with little memory, by default less than the pixels of a photo of 49 MP and its cut-out take."""
    worker = Worker(memory=getattr(request, "param", 500) << 20)
    yield worker
    assert worker.process.stop(PATIENCE).code == 0


@pytest.mark.parametrize("small_worker", [430, 460, 500, 540], indirect=True)
def test_a_photo_too_many_for_the_memory_costs_itself_only(small_worker: Worker, tmp_path: Path) -> None:
    """It runs out in Python, in OpenCV, or as a thread is to begin: the answer is the same."""
    photo = portrait(7000)
    for _ in range(2):
        failed = small_worker.cut(tmp_path, photo, Options())
        assert isinstance(failed, PhotoFailed) and failed.memory > 0
        assert failed.error == "OutOfMemory", failed
        assert isinstance(small_worker.cut(tmp_path, portrait(), Options()), PhotoCut)


def test_a_fault_of_ours_is_told_with_its_lines(small_worker: Worker, tmp_path: Path) -> None:
    """Python reads its source for them. The fault: a picture for a background, which was not sent."""
    failed = small_worker.cut(tmp_path, portrait(), Options(background="wall.jpg"))
    assert isinstance(failed, PhotoFailed)
    assert "KeyError" in failed.traceback and "self._background_image(files[BACKGROUND])" in failed.traceback
