"""Our PNGs, deflated in bands, as other decoders see them: each has to give the pixels that were written, bit for bit.

    python -m scripts.prove.png

Decoders that are installed are asked: Pillow, OpenCV (libpng), pypng (Python's zlib), libvips (libspng), Skia (as in
Chromium), ImageMagick. Exit code 1 where one differs, or where fewer than four are there.
"""

from __future__ import annotations

import importlib
import io
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator

import cv2
import numpy as np
from PIL import Image

from edge.commands.bench import photos
from matting.bands import on_cores
from matting.composite import transparent
from matting.formats.png import write_png
from matting.photo import U8

_SIZES = ((1, 1), (3, 2), (640, 480), (1080, 1920), (3000, 4000))  # width x height of cut-outs
_CORES = (1, 3)
Decode = Callable[[bytes], U8]


def pillow(data: bytes) -> U8:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)


def opencv(data: bytes) -> U8:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    order = {2: None, 3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGBA}[2 if pixels.ndim == 2 else pixels.shape[2]]
    return np.asarray(pixels if order is None else cv2.cvtColor(pixels, order), np.uint8)


def pypng(data: bytes) -> U8:
    width, height, rows, info = importlib.import_module("png").Reader(bytes=data).read()
    return np.vstack([np.frombuffer(bytes(row), np.uint8) for row in rows]).reshape(height, width, info["planes"])


def libvips(data: bytes) -> U8:
    return np.asarray(importlib.import_module("pyvips").Image.new_from_buffer(data, "").numpy(), np.uint8)


def skia(data: bytes) -> U8:
    package = importlib.import_module("skia")
    kept = package.Data.MakeWithCopy(data)  # the codec does not keep it alive
    codec = package.Codec.MakeFromData(kept)
    width, height = codec.dimensions().width(), codec.dimensions().height()
    form = package.ImageInfo.Make(width, height, package.kRGBA_8888_ColorType, package.kUnpremul_AlphaType)
    pixels = np.zeros((height, width, 4), np.uint8)
    assert codec.getPixels(form, pixels, 4 * width) == package.Codec.Result.kSuccess
    return pixels


def imagemagick(data: bytes) -> U8:
    if shutil.which("convert") is None:
        raise ImportError("convert is not installed")
    height, width = pillow(data).shape[:2]
    done = subprocess.run(["convert", "png:-", "-depth", "8", "rgba:-"], input=data, capture_output=True, check=True)
    return np.frombuffer(done.stdout, np.uint8).reshape(height, width, 4)


DECODERS: tuple[Decode, ...] = (pillow, opencv, pypng, libvips, skia, imagemagick)


def written() -> Iterator[tuple[str, U8, bytes]]:
    """What it is, its pixels, and our PNG of it: cut-outs of all sizes, and grey and RGB."""
    source = photos.source(None)
    for width, height in _SIZES:
        rgb = np.asarray(cv2.resize(source.rgb, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
        pixels = transparent(rgb, _ellipse(width, height))
        for cores in _CORES:
            with on_cores(cores):
                yield f"{width}x{height} RGBA on {cores} cores", pixels, write_png(pixels)
    for form, some in (("RGB", source.rgb), ("grey", np.ascontiguousarray(source.rgb[..., 0]))):
        yield form, some, write_png(some)


def _ellipse(width: int, height: int) -> U8:
    """A matte with a soft edge, HxW."""
    rows, columns = np.ogrid[0:height, 0:width]
    distance = np.hypot((rows + 0.5) / height - 0.5, (columns + 0.5) / width - 0.5)
    return np.clip((0.42 - distance) * 2000, 0, 255).astype(np.uint8)


def main() -> int:
    """Prints a line for each decoder."""
    pictures, asked, wrong = list(written()), 0, 0
    for decode in DECODERS:
        try:
            differ = [name for name, pixels, data in pictures if not _same(decode(data), pixels)]
        except ImportError as error:
            print(f"{decode.__name__}: not asked ({error})")
            continue
        asked, wrong = asked + 1, wrong + bool(differ)
        print(f"{decode.__name__}: {len(pictures) - len(differ)} of {len(pictures)} the same pixels {' '.join(differ)}")
    return int(wrong > 0 or asked < 4)


def _same(decoded: U8, pixels: U8) -> bool:
    """Decoders that always give RGBA may."""
    if decoded.ndim == 3 and decoded.shape[2] == 1:
        decoded = decoded[..., 0]
    if pixels.ndim == 2 and decoded.ndim == 3:
        pixels = np.repeat(pixels[..., np.newaxis], 3, axis=2)
    if decoded.ndim == 3 and decoded.shape[2] == 4 and pixels.shape[2] == 3:
        pixels = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    return np.array_equal(decoded, pixels)


if __name__ == "__main__":
    sys.exit(main())
