"""What users would pick instead, each in a process of its own: the child of a comparison.

Runs by its path with any Python that has the rival installed, so it imports nothing of the product.
Arguments: "rembg" | "isnet" | "modnet", then the ONNX file. Protocol: one JSON line when loaded, then for each line on
stdin (a photo's path) one JSON line with the time from the file's bytes to the output's bytes, and the peak memory.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import re
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

Cut = Callable[[bytes], bytes]


def rembg(file: str) -> Cut:
    """rembg itself, with IS-Net general; `file` is linked where rembg looks for its model, so nothing is downloaded."""
    package = importlib.import_module("rembg")
    session = package.new_session(Path(file).stem)
    return lambda data: bytes(package.remove(data, session=session))


def isnet(file: str) -> Cut:
    """The steps of rembg 2.0's `remove` with IS-Net general, for where the package is not installed."""
    session = _session(file)

    def cut(data: bytes) -> bytes:
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
        small = np.array(image.convert("RGB").resize((1024, 1024), Image.Resampling.LANCZOS))
        scaled = small / max(np.max(small), 1e-6) - 0.5
        found = session.run(None, {_input(session): scaled.transpose(2, 0, 1)[None].astype(np.float32)})[0][0, 0]
        found = (found - found.min()) / (found.max() - found.min())
        mask = Image.fromarray((found * 255).astype(np.uint8)).resize(image.size, Image.Resampling.LANCZOS)
        return _png(Image.composite(image, Image.new("RGBA", image.size, 0), mask))

    return cut


def modnet(file: str) -> Cut:
    """The shortest program around MODNet: Pillow decodes and resizes, onnxruntime infers, Pillow writes the PNG."""
    session = _session(file)

    def cut(data: bytes) -> bytes:
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
        small = np.asarray(image.resize((512, 512), Image.Resampling.BILINEAR), np.float32) / 127.5 - 1
        alpha = session.run(None, {_input(session): small.transpose(2, 0, 1)[None]})[0][0, 0]
        mask = Image.fromarray((alpha * 255).clip(0, 255).astype(np.uint8)).resize(image.size, Image.Resampling.BILINEAR)
        image.putalpha(mask)
        return _png(image)

    return cut


def _session(file: str) -> Any:
    return importlib.import_module("onnxruntime").InferenceSession(file, providers=["CPUExecutionProvider"])


def _input(session: Any) -> str:
    return str(session.get_inputs()[0].name)


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def peak_mb() -> float:
    """The largest resident size this process ever had, in MB (1e6 bytes). Not ru_maxrss: that one survives exec, so it
    would count the parent's."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found.group(1)) * 1024 / 1e6 if found else 0.0


def timed(cut: Cut, photo: str) -> dict[str, float]:
    """Cut one photo. ms: without reading the file; bytes: of the output; peak_mb: of the process so far."""
    data = Path(photo).read_bytes()
    start = time.perf_counter()
    output = cut(data)
    return {"ms": (time.perf_counter() - start) * 1e3, "bytes": len(output), "peak_mb": peak_mb()}


def protocol() -> Callable[[dict[str, Any]], None]:
    """A function that answers the parent; everything else printed to stdout goes to stderr from here on."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    return lambda answer: print(json.dumps(answer), file=answers)


def main(kind: str, file: str) -> None:
    """Answer until stdin ends."""
    answer = protocol()
    start = time.perf_counter()
    cut = {"rembg": rembg, "isnet": isnet, "modnet": modnet}[kind](file)
    package = "rembg" if kind == "rembg" else "onnxruntime"
    answer({"load_ms": (time.perf_counter() - start) * 1e3, "version": f"{package} {version(package)}"})
    for line in sys.stdin:
        answer(timed(cut, line.strip()))


if __name__ == "__main__":
    main(*sys.argv[1:])
