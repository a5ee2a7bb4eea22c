"""Named buffers, made once: each grows to the largest photo seen and then stays.

Growing was preferred to taking the budget's largest photo at the start: on a 4 GB board a folder of 2 MP photos then
costs 30 MB, not 400, and memory that is not to be had fails the one photo that needs it. What a photo may have is
bounded by the decoder's pixel limit, so the growth is too: `footprint` tells how much.
"""

from __future__ import annotations

from matting.cuda.device import Buffer, Device
from matting.photo import U8

ALIGNMENT = 1 << 20  # sizes are rounded up: photos of nearly the same size share a buffer at once


class Memory:
    """Device buffers and page-locked host buffers by name."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._buffers: dict[str, Buffer] = {}
        self._pinned: dict[str, U8] = {}

    def buffer(self, name: str, size: int) -> Buffer:
        """At least `size` bytes of the device; what a smaller one held is lost.

        Raises:
            OutOfMemory: not to be had.
        """
        have = self._buffers.get(name)
        if have is None or have.bytes < size:
            if have is not None:
                self._device.free(self._buffers.pop(name))
            self._buffers[name] = self._device.allocate(_rounded(size))
        return self._buffers[name]

    def pinned(self, name: str, size: int) -> U8:
        """`size` page-locked bytes; no copy from or to a smaller one may be under way.

        Raises:
            OutOfMemory: not to be had.
        """
        have = self._pinned.get(name)
        if have is None or have.size < size:
            self._pinned.pop(name, None)
            have = self._pinned[name] = self._device.pinned(_rounded(size))
        return have[:size]

    def close(self) -> None:
        """Let all go. The device frees what it gave when it is closed: a lost one frees nothing before."""
        self._buffers.clear()
        self._pinned.clear()

    @property
    def bytes(self) -> tuple[int, int]:
        """Device bytes and page-locked bytes held."""
        return sum(buffer.bytes for buffer in self._buffers.values()), sum(array.size for array in self._pinned.values())


def _rounded(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
