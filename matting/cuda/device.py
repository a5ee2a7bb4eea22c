"""The GPU through pycuda: context, stream, memory, launches. The only module that imports pycuda, and it does so late.

All calls belong to the thread that opened it. Besides memory that is not to be had, any CUDA error leaves the whole
process's context unusable: it is raised as GpuLost, after which the process must end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from matting.errors import EngineError, GpuLost, OutOfMemory
from matting.photo import U8

BLOCK, TALL_BLOCK = (32, 8, 1), (1, 256, 1)
MOST_BLOCKS_DOWN = 65535  # CUDA's limit of a grid's second side
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Buffer:
    """Device memory: address and length in bytes. The null buffer has neither."""

    pointer: int
    bytes: int

    def at(self, offset: int) -> Buffer:
        """What lies behind the first `offset` bytes."""
        return Buffer(self.pointer + offset, self.bytes - offset)


NULL = Buffer(0, 0)
Argument = Buffer | int | float


class Device(Protocol):
    """What the kernels' callers need of a GPU; everything is queued on one stream, in order.

    Raises, from every method:
        GpuLost: the context is unusable.
    """

    stream: int

    def allocate(self, size: int) -> Buffer:
        """`size` bytes of device memory.

        Raises:
            OutOfMemory: not to be had; the context stays usable.
        """
        ...

    def free(self, buffer: Buffer) -> None: ...

    def pinned(self, size: int) -> U8:
        """`size` bytes of page-locked host memory, which only this thread may write while a copy is under way."""
        ...

    def upload(self, to: Buffer, source: NDArray[Any]) -> None: ...

    def download(self, to: NDArray[Any], source: Buffer) -> None: ...

    def clear(self, buffer: Buffer) -> None: ...

    def launch(self, kernel: str, columns: int, rows: int, *arguments: Argument) -> None:
        """Run the kernel for each of columns x rows; buffers go as addresses, int as int32, float as float32."""
        ...

    def synchronize(self) -> None: ...

    def memory(self) -> tuple[int, int]:
        """Free and total bytes."""
        ...

    def close(self) -> None: ...


def packed(arguments: tuple[Argument, ...]) -> list[np.generic]:
    """Kernel arguments as the sized numbers that the kernels declare."""
    return [_packed(argument) for argument in arguments]


def _packed(argument: Argument) -> np.generic:
    if isinstance(argument, Buffer):
        return np.uint64(argument.pointer)
    return np.int32(argument) if isinstance(argument, int) else np.float32(argument)


class Gpu:
    """The first NVIDIA GPU. See `Device`."""

    def __init__(self, cubin: Path) -> None:
        """Make the context and load the compiled kernels.

        Raises:
            EngineError: pycuda, the driver or a GPU is missing, or the kernels are for another GPU.
        """
        self._cuda = _driver()
        try:
            self._cuda.init()
            device = self._cuda.Device(0)
            self.name = str(device.name())
            self._context = device.make_context()
        except self._cuda.Error as error:
            raise EngineError(
                f"no NVIDIA GPU can be used ({_first_line(error)}): use --engine cpu, or check the driver"
            ) from error
        try:
            self._module = self._cuda.module_from_file(str(cubin))
        except self._cuda.Error as error:
            self._context.pop()
            self._context.detach()
            raise EngineError(
                f"{cubin.name} does not load ({_first_line(error)}): compile the kernels on this board"
            ) from error
        self._stream = self._cuda.Stream()
        self.stream = int(self._stream.handle)
        self._owned: dict[int, Any] = {}
        self._kernels: dict[str, Any] = {}

    def allocate(self, size: int) -> Buffer:
        """See `Device.allocate`."""
        allocation = self._checked(lambda: self._cuda.mem_alloc(size))
        self._owned[int(allocation)] = allocation
        return Buffer(int(allocation), size)

    def free(self, buffer: Buffer) -> None:
        """Waits for what uses it."""
        self.synchronize()
        self._checked(self._owned.pop(buffer.pointer).free)

    def pinned(self, size: int) -> U8:
        """See `Device.pinned`."""
        return np.asarray(self._checked(lambda: self._cuda.pagelocked_empty(size, np.uint8)))

    def upload(self, to: Buffer, source: NDArray[Any]) -> None:
        """Queued: `source` must be page-locked and stay as it is until `synchronize`."""
        self._checked(lambda: self._cuda.memcpy_htod_async(to.pointer, source, self._stream))

    def download(self, to: NDArray[Any], source: Buffer) -> None:
        """Queued: `to` must be page-locked, and holds its bytes after `synchronize`."""
        self._checked(lambda: self._cuda.memcpy_dtoh_async(to, source.pointer, self._stream))

    def clear(self, buffer: Buffer) -> None:
        """All bytes 0."""
        self._checked(lambda: self._cuda.memset_d8_async(buffer.pointer, 0, buffer.bytes, self._stream))

    def launch(self, kernel: str, columns: int, rows: int, *arguments: Argument) -> None:
        """See `Device.launch`."""
        if kernel not in self._kernels:
            self._kernels[kernel] = self._checked(lambda: self._module.get_function(kernel))
        block, grid = launch_shape(columns, rows)
        self._checked(lambda: self._kernels[kernel](*packed(arguments), block=block, grid=grid, stream=self._stream))

    def event(self) -> Any:
        """A point in the stream; `later.time_since(earlier)` gives milliseconds once both are reached."""
        return self._checked(lambda: self._cuda.Event().record(self._stream))

    def synchronize(self) -> None:
        """Wait until all that is queued is done."""
        self._checked(self._stream.synchronize)

    def memory(self) -> tuple[int, int]:
        """Free and total bytes."""
        free, total = self._checked(self._cuda.mem_get_info)
        return int(free), int(total)

    def close(self) -> None:
        """Give everything back; a lost context is only let go."""
        self._owned.clear()
        self._kernels.clear()
        self._context.pop()
        self._context.detach()

    def _checked(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except self._cuda.MemoryError as error:
            raise OutOfMemory("the GPU has too little memory left for this photo") from error
        except self._cuda.Error as error:
            raise GpuLost(f"the GPU failed ({_first_line(error)})") from error


def launch_shape(columns: int, rows: int) -> tuple[tuple[int, int, int], tuple[int, int]]:
    """Threads of a block, and blocks of the grid, that cover columns x rows."""
    block = BLOCK if rows <= MOST_BLOCKS_DOWN * BLOCK[1] else TALL_BLOCK
    return block, (-(-columns // block[0]), -(-rows // block[1]))


def _driver() -> Any:
    try:
        import pycuda.driver as driver  # here, not above: it needs libcuda, which only a machine with a GPU has
    except ImportError as error:
        raise EngineError(
            f"the GPU needs pycuda and NVIDIA's driver ({_first_line(error)}): pip install 'edge-matting[jetson]'"
        ) from error
    return driver


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


@dataclass(frozen=True, slots=True)
class GpuFacts:
    """The first GPU. capability: such as "8.7"; processors: streaming multiprocessors; cuda: what the driver has, "12.6"."""

    name: str
    capability: str
    processors: int
    cuda: str


def gpu_facts() -> GpuFacts:
    """What the driver says of the first GPU, after it has made a context there: a dead GPU still has a name.

    Raises:
        EngineError: pycuda, the driver or a GPU is missing, or the GPU does not answer.
    """
    cuda = _driver()
    try:
        cuda.init()
        device = cuda.Device(0)
        context = device.make_context()
        context.pop()
        context.detach()
        processors = device.get_attribute(cuda.device_attribute.MULTIPROCESSOR_COUNT)
        major, minor = device.compute_capability()
        version = cuda.get_driver_version()
        return GpuFacts(device.name(), f"{major}.{minor}", processors, f"{version // 1000}.{version % 1000 // 10}")
    except cuda.Error as error:
        raise EngineError(f"no NVIDIA GPU can be used ({_first_line(error)}): check the driver") from error
