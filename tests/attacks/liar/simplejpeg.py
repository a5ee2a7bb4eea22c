"""Stands in for the JPEG decoder: one that a photo has taken over, and that now speaks to the supervisor in the worker's name.

A photo whose EXIF-less JPEG holds the comment LIE=name tells it what to do; any other is decoded as usual, by Pillow.
"""

import array
import contextlib
import io
import json
import mmap
import os
import re
import socket
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

CHANNEL = int(sys.argv[1]) if sys.argv[1:] and sys.argv[1].isdecimal() else None
KEPT: list[int] = []
MAPPED: list[mmap.mmap] = []


def _outputs() -> list[int]:
    """The descriptors of outputs that this process holds."""
    found = []
    for path in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            if "memfd:output" in str(path.readlink()):
                found.append(int(path.name))
    return found


def _say(*messages: bytes, descriptors: int = 0) -> None:
    assert CHANNEL is not None
    with socket.socket(fileno=os.dup(CHANNEL)) as channel:
        for message in messages:
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [2] * descriptors))] if descriptors else []
            channel.sendmsg([message], rights)


def _message(kind: str, **fields: object) -> bytes:
    return json.dumps([[], {"type": kind, **fields}]).encode()


def _cut(job: int = 1, **fields: object) -> bytes:
    whole = {"job": job, "coverage": 0.5, "width": 1, "height": 1, "stage_ms": {}, "memory": 1, "gpu_memory": 0, **fields}
    return _message("PhotoCut", **whole)


def _keep() -> None:
    for descriptor in _outputs():
        KEPT.append(os.dup(descriptor))
        with contextlib.suppress(OSError, ValueError):
            os.ftruncate(descriptor, 4096)
            MAPPED.append(mmap.mmap(descriptor, 4096))


def _spoil() -> None:
    """Write into what earlier photos' outputs were."""
    for descriptor in KEPT:
        with contextlib.suppress(OSError):
            os.pwrite(descriptor, b"SPOILT", 0)
    for view in MAPPED:
        with contextlib.suppress(OSError, ValueError):
            view[:6] = b"SPOILT"


LIES = {
    "a suffix": lambda: _say(_cut(suffix="/../../state/planted.bin")),
    "a job that there is not": lambda: _say(_cut(job=77)),
    "a stage that there is not": lambda: _say(_message("StageBegun", job=1, stage="\x1b]0;owned\x07")),
    "times of stages that there are not": lambda: _say(_cut(stage_ms={f"stage{n}": 1.0 for n in range(900)})),
    "an endless time": lambda: _say(_cut().replace(b'"stage_ms": {}', b'"stage_ms": {"decode": 1e999}')),
    "an error that there is not": lambda: _say(
        _message("PhotoFailed", job=1, error="SystemExit", message="", traceback="", memory=1, gpu_memory=0)
    ),
    "rubbish": lambda: _say(b"\xff\x00rubbish"),
    "an empty list": lambda: _say(b"[]"),
    "depth": lambda: _say(b"[" * 60_000),
    "ready twice": lambda: _say(_message("WorkerReady", engine="mine", unlocked=[])),
    "a refusal": lambda: _say(_message("WorkerRefused", error="ModelError", message="the model is gone")),
    "a refusal with an error that there is not": lambda: _say(_message("WorkerRefused", error="SystemExit", message="")),
    "descriptors": lambda: _say(*[_message("StageBegun", job=1, stage="decode")] * 400, descriptors=200),
    "many words": lambda: _say(*[_message("StageBegun", job=1, stage="decode")] * 20_000),
    "keep": _keep,
}


def decode_jpeg(data: bytes, colorspace: str = "RGB", **_: object) -> np.ndarray:
    _spoil()
    found = re.search(rb"LIE=([a-z ]+);", bytes(data))
    if found:
        LIES[found[1].decode()]()
        if found[1] != b"keep":
            time.sleep(3)
            raise ValueError("Corrupt JPEG data: planted")
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert(colorspace))


def decode_jpeg_header(data: bytes, *_: object, **__: object) -> tuple[int, int, str, str]:
    with Image.open(io.BytesIO(data)) as image:
        return image.height, image.width, "RGB", "420"


def encode_jpeg(pixels: np.ndarray, quality: int = 90, **_: object) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=quality)
    return out.getvalue()
