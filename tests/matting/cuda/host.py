"""Stands in for the GPU: host memory, and the product's own kernels compiled as plain C++. What it does not show:
pycuda, asynchronous copies, the GPU's own arithmetic, speed."""

from __future__ import annotations

import ctypes
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from matting.cuda.compiler import SOURCES
from matting.cuda.device import Argument, Buffer, packed
from matting.errors import GpuLost, OutOfMemory


def compiled(folder: Path) -> ctypes.CDLL:
    """The kernels as a shared library."""
    library = folder / "kernels.so"
    flags = ["-std=c++17", "-O2", "-ffp-contract=off", "-shared", "-fPIC", "-Wall", "-Wno-unused-function", f"-I{SOURCES}"]
    subprocess.run(["g++", *flags, str(Path(__file__).with_name("host.cpp")), "-o", str(library)], check=True)
    return ctypes.CDLL(str(library))


def floats_at(pointer: int, shape: tuple[int, ...]) -> np.ndarray:
    """Memory at an address, as an array that can be written into."""
    numbers = (ctypes.c_float * int(np.prod(shape))).from_address(pointer)
    return np.ctypeslib.as_array(numbers).reshape(shape)


class HostDevice:
    """A `Device` whose memory is the host's."""

    stream = 0

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        self.arrays: dict[int, np.ndarray] = {}
        self.allocations = 0
        self.launched: list[str] = []
        self.most_bytes: int | None = None
        self.lost_at: str | None = None
        self.closed = False

    def allocate(self, size: int) -> Buffer:
        if self.most_bytes is not None and sum(array.size for array in self.arrays.values()) + size > self.most_bytes:
            raise OutOfMemory("the GPU has too little memory left for this photo")
        self.allocations += 1
        array = np.full(size, 0xA5, np.uint8)  # never zeros: what is read before it was written must show
        self.arrays[array.ctypes.data] = array
        return Buffer(array.ctypes.data, size)

    def free(self, buffer: Buffer) -> None:
        del self.arrays[buffer.pointer]

    def pinned(self, size: int) -> np.ndarray:
        self.allocations += 1
        return np.full(size, 0xA5, np.uint8)

    def upload(self, to: Buffer, source: np.ndarray) -> None:
        assert source.nbytes <= to.bytes and source.flags.c_contiguous
        ctypes.memmove(to.pointer, source.ctypes.data, source.nbytes)

    def download(self, to: np.ndarray, source: Buffer) -> None:
        assert to.nbytes <= source.bytes and to.flags.c_contiguous
        ctypes.memmove(to.ctypes.data, source.pointer, to.nbytes)

    def clear(self, buffer: Buffer) -> None:
        ctypes.memset(buffer.pointer, 0, buffer.bytes)

    def launch(self, kernel: str, columns: int, rows: int, *arguments: Argument) -> None:
        self.launched.append(kernel)
        if kernel == self.lost_at:
            raise GpuLost("the GPU failed (injected)")
        status = self.call(kernel, columns, rows, packed(arguments))
        assert status == 0, f"{kernel}: status {status}"

    def call(self, kernel: str, columns: int, rows: int, numbers: list[Any]) -> int:
        held = [np.atleast_1d(number) for number in numbers]
        pointers = (ctypes.c_void_p * len(held))(*[array.ctypes.data for array in held])
        return int(self._library.launch(kernel.encode(), columns, rows, pointers, len(held)))

    def synchronize(self) -> None:
        if self.lost_at == "synchronize":
            raise GpuLost("the GPU failed (injected)")

    def memory(self) -> tuple[int, int]:
        total = 8 << 30
        return total - sum(array.size for array in self.arrays.values()), total

    def close(self) -> None:
        self.arrays.clear()
        self.closed = True
