"""How much memory the GPU thread holds once it has cut its largest photo: the buffers of `steps` and `gpu_thread`, by size.

Buffers are kept from photo to photo (`memory`), so this is a bound for as long as no photo is larger.
tests/matting/cuda/test_footprint.py holds it against the buffers themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

from matting.cuda.memory import ALIGNMENT

# Up to this many pixels the edge colours are found at the full size: 599x599, see `steps.reduced`.
_FULL_SIZE = 600 * 600


@dataclass(frozen=True, slots=True)
class Footprint:
    """Bytes of the device, and page-locked bytes of the host; on a board with unified memory both are the same memory."""

    device: int
    pinned: int


def footprint(pixels: int, batch: int, network_pixels: int) -> Footprint:
    """Of photos of up to `pixels` (in proportions up to 1:100), `batch` at a time, before a network of that many pixels
    (512x512). Without the network's own weights and work space."""
    reduced = max(pixels // 16 + pixels // 256, min(pixels, _FULL_SIZE))
    once = [3 * pixels // 4, 3 * pixels // 16]  # half 0, half 1
    once += [pixels, pixels, 2 * pixels, pixels, 4 * pixels]  # alpha, eroded, soft, opacity, rgba
    once += [reduced * size for size in (3, 1, 24, 16, 16)]
    once += [network_pixels * size for size in (4, 1, 1, 12, 16)]
    each = [3 * pixels, 3 * network_pixels] * batch  # rgb, guide
    tensors = [12 * network_pixels * batch, 4 * network_pixels * batch, ALIGNMENT]  # input, output, weights
    pinned = [3 * pixels, 4 * pixels, pixels, 4 * network_pixels * batch]  # upload, rgba, matte, mattes
    return Footprint(_summed([*once, *each, *tensors]), _summed(pinned))


def _summed(sizes: list[int]) -> int:
    return sum(-(-size // ALIGNMENT) * ALIGNMENT for size in sizes)
