"""Run as a process of its own by test_device.py, with the stand-in of fake_cuda.cpp as NVIDIA's driver. Prints JSON."""

from __future__ import annotations

import json
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from matting.backgrounds.colour import WHITE
from matting.cuda.device import Device, Gpu, gpu_facts
from matting.cuda.gpu_thread import GpuThread
from matting.cuda.work import GpuWork
from matting.errors import MattingError
from matting.model import ModelSpec, default_model_dir, load_model
from matting.photo import Controls, Photo
from matting.settings import Settings
from tests.matting.cuda.host import HostDevice, compiled
from tests.matting.cuda.test_gpu_thread import HostNetwork, bright, person

SETTINGS = [Settings(Controls(10, 2, 1.5)), Settings(background=WHITE), Settings(crop=0.1)]
PHOTO = Photo(np.ascontiguousarray(person(301, 257)))


def answered(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return call()
    except MattingError as error:
        return {"error": type(error).__name__, "message": str(error)}


def opened(folder: Path) -> dict[str, Any]:
    gpu: list[Gpu] = []
    failed: list[MattingError] = []

    def attempt() -> None:
        try:
            gpu.append(Gpu(cubin(folder)))
            gpu[0].close()
        except MattingError as error:
            failed.append(error)

    thread = threading.Thread(
        target=attempt
    )  # as the GPU thread does: pycuda looks at its stack of contexts when a thread ends
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return {}


def photos(folder: Path) -> dict[str, Any]:
    """The photo with each of SETTINGS, then once more."""
    model = load_model(default_model_dir())
    small = replace(model, input=replace(model.input, height=96, width=96))
    devices: list[Gpu] = []

    def open_device() -> Device:
        devices.append(Gpu(cubin(folder)))
        return devices[0]

    gpu_thread = GpuThread(small, open_device, lambda _: HostNetwork(small, bright))
    found = [cut(gpu_thread, settings) for settings in SETTINGS]
    after = cut(gpu_thread, SETTINGS[0])
    gpu_thread.close()
    errors = [each for each in found if isinstance(each, MattingError)]
    return {
        "same": [] if errors else [np.array_equal(*each) for each in zip(found, without_pycuda(small, folder), strict=True)],
        "errors": [type(error).__name__ for error in errors],
        "messages": [str(error) for error in errors],
        "after": type(after).__name__ if isinstance(after, MattingError) else None,
        "held_at_the_end": len(devices[0]._owned),
        "alive": [thread.name for thread in threading.enumerate() if thread.name == "gpu"],
    }


def cut(gpu_thread: GpuThread, settings: Settings) -> Any:
    try:
        return GpuWork(gpu_thread).pixels(lambda: PHOTO, settings, lambda stage: None).pixels
    except MattingError as error:
        return error


def without_pycuda(model: ModelSpec, folder: Path) -> list[Any]:
    device = HostDevice(compiled(folder))
    gpu_thread = GpuThread(model, lambda: device, lambda _: HostNetwork(model, bright))
    expected = [cut(gpu_thread, settings) for settings in SETTINGS]
    gpu_thread.close()
    return expected


def cubin(folder: Path) -> Path:
    """The stand-in only looks whether there is a file."""
    path = folder / "kernels.cubin"
    path.write_bytes(b"\x7fELF")
    return path


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        calls = {"open": lambda: opened(folder), "photos": lambda: photos(folder), "facts": lambda: asdict(gpu_facts())}
        print(json.dumps(answered(calls[sys.argv[1]])))


if __name__ == "__main__":
    main()
