"""`import pycuda.driver` in the processes under test: host memory, and the product's kernels compiled as plain C++.

Kernels are launched over the whole grid, so their own bounds are what keeps them in. An error poisons all that follows, as
CUDA's do.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
from faults import strikes


class Error(Exception):
    """pycuda's base of errors."""


class LogicError(Error):
    """Such as an illegal address, or a context that is lost."""


class MemoryError(Error):
    """Out of device memory."""


device_attribute = SimpleNamespace(MULTIPROCESSOR_COUNT=16)
_held: dict[int, Any] = {}
_lost = False


def _call() -> None:
    global _lost
    _lost = _lost or strikes("cuda-lost")
    if _lost:
        raise LogicError("cuMemcpyHtoDAsync failed: an illegal memory access was encountered")


def init() -> None:
    if strikes("cuda-dead"):
        raise LogicError("cuInit failed: no CUDA-capable device is detected")


def get_driver_version() -> int:
    return 12060


class Device:
    def __init__(self, number: int) -> None:
        pass

    def name(self) -> str:
        return "Orin (stand-in)"

    def compute_capability(self) -> tuple[int, int]:
        return 8, 7

    def get_attribute(self, attribute: Any) -> int:
        return int(attribute)

    def retain_primary_context(self) -> Any:
        return SimpleNamespace(push=lambda: None, pop=lambda: None, detach=lambda: None)


class Stream:
    handle = 0

    def synchronize(self) -> None:
        _call()


def mem_alloc(size: int) -> Any:
    if strikes("gpu-full"):
        raise MemoryError("cuMemAlloc failed: out of memory")
    _call()
    array = np.full(size, 0xA5, np.uint8)
    _held[array.ctypes.data] = array
    return _Allocation(array.ctypes.data)


class _Allocation(int):
    def free(self) -> None:
        del _held[int(self)]


def pagelocked_empty(size: int, dtype: Any) -> Any:
    return np.full(size, 0xA5, dtype)


def memcpy_htod_async(to: int, source: Any, stream: Any) -> None:
    _call()
    ctypes.memmove(to, source.ctypes.data, source.nbytes)


def memcpy_dtoh_async(to: Any, source: int, stream: Any) -> None:
    _call()
    ctypes.memmove(to.ctypes.data, source, to.nbytes)


def memset_d8_async(pointer: int, value: int, count: int, stream: Any) -> None:
    _call()
    ctypes.memset(pointer, value, count)


def mem_get_info() -> tuple[int, int]:
    return 1 << 30, 1 << 31


def module_from_file(path: str) -> Any:
    library = ctypes.CDLL(path)

    def get_function(name: str) -> Callable[..., None]:
        def launch(*arguments: Any, block: tuple[int, int, int], grid: tuple[int, int], stream: Any) -> None:
            _call()
            if strikes("launch-crashes"):
                os.abort()
            if strikes("launch-does-nothing"):
                return
            held = [np.atleast_1d(argument) for argument in arguments]
            pointers = (ctypes.c_void_p * len(held))(*[array.ctypes.data for array in held])
            columns, rows = block[0] * grid[0], block[1] * grid[1]
            assert library.launch(name.encode(), columns, rows, pointers, len(held)) == 0

        return launch

    return SimpleNamespace(get_function=get_function)
