"""The kernels in order: each function queues one step of a photo's way, the reference of a function of the CPU path."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from matting.cuda.device import NULL, Buffer, Device
from matting.cuda.memory import Memory
from matting.foreground import MOST_REDUCED, NARROW, REDUCE_ABOVE, WIDE
from matting.model import InputSpec
from matting.network_input import photo_box
from matting.photo import F32, U8, Box, Controls, Geometry, Photo

CELL_BYTES = 20  # of `Cell` in resize.cuh


@dataclass(frozen=True, slots=True)
class CutRegion:
    """A photo on the device. rgb: geometry.height x width x 3 bytes; guide: the same made as small as the network's box."""

    rgb: Buffer
    guide: Buffer
    geometry: Geometry


class Steps:
    """Queues the work on one device; buffers are kept from photo to photo."""

    def __init__(self, device: Device, spec: InputSpec) -> None:
        self.device = device
        self.memory = Memory(device)
        self._spec = spec

    def prepare(self, photo: Photo, slot: int, tensor: Buffer) -> CutRegion:
        """`network_input`: the photo to the device, and its tensor into `tensor`. slot: its place in the batch."""
        rgb = self._uploaded(f"rgb {slot}", photo.rgb)
        geometry = Geometry(photo.height, photo.width, photo_box(photo.height, photo.width, self._spec))
        guide = self._resized(rgb, photo.height, photo.width, geometry.box, slot)
        self.device.clear(tensor)
        box, spec = geometry.box, self._spec
        self.device.launch(
            "normalise", box.width, box.height, guide, box.height, box.width, tensor, spec.height, spec.width,
            box.top, box.left, int(spec.layout == "NHWC"), *map(float, spec.mean), *map(float, spec.std),
        )  # fmt: skip
        return CutRegion(rgb, guide, geometry)

    def refine(self, frame: CutRegion, output: Buffer, threshold: int) -> Buffer:
        """`undo`, `refine` and the threshold: the matte at the photo's size (HxW bytes)."""
        box, low = frame.geometry.box, (frame.geometry.box.height, frame.geometry.box.width)
        size, run = low[0] * low[1], self.device.launch
        matte, found, band = (
            self.memory.buffer("matte", 4 * size),
            self.memory.buffer("found", size),
            self.memory.buffer("band", size),
        )
        a, planes = self.memory.buffer("a", 12 * size), self.memory.buffer("planes", 16 * size)
        run("undo_box", low[1], low[0], output, self._spec.width, box.top, box.left, matte, *low)
        run("unsure", low[1], low[0], matte, found, *low)
        run("widen", low[1], low[0], found, band, *low)
        run("solve", low[1], low[0], frame.guide, matte, band, a, *low)
        run("functions", low[1], low[0], frame.guide, matte, band, a, planes, *low)
        height, width = frame.geometry.height, frame.geometry.width
        alpha = self.memory.buffer("alpha", height * width)
        run("evaluate", width, height, planes, *low, frame.rgb, alpha, height, width, threshold)
        return alpha

    def shape(self, alpha: Buffer, height: int, width: int, controls: Controls) -> Buffer:
        """Erosion, then feather; the threshold is part of `refine`. Without either, `alpha` itself."""
        run = self.device.launch
        if controls.erode:
            eroded = self.memory.buffer("eroded", height * width)
            run("erode", width, height, alpha, eroded, height, width, controls.erode)
            alpha = eroded
        if controls.feather:
            weights = gaussian(controls.feather)
            kernel, soft = self._uploaded("tables", weights), self.memory.buffer("soft", 2 * height * width)
            run("feather_rows", width, height, alpha, soft, height, width, kernel, len(weights) - 1)
            run("feather_columns", width, height, soft, alpha, height, width, kernel, len(weights) - 1)
        return alpha

    def finish(self, frame: CutRegion, alpha: Buffer, box: Box, opacity: U8 | None, behind: U8 | None) -> U8:
        """`foreground` and `composite` of the box of the photo; HxWx4 in page-locked memory, to be copied at once.

        opacity: HxW of the whole photo. behind: 1x1x3, or None for straight alpha. Waits for all of the work.
        """
        stride, offset = frame.geometry.width, box.top * frame.geometry.width + box.left
        rgb, alpha = frame.rgb.at(3 * offset), alpha.at(offset)
        around, low = self._estimate(rgb, alpha, stride, box.height, box.width)
        photo_opacity = NULL if opacity is None else self._uploaded("opacity", opacity).at(offset)
        red, green, blue = (0.0, 0.0, 0.0) if behind is None else map(float, behind[0, 0])
        rgba = self.memory.buffer("rgba", 4 * box.height * box.width)
        self.device.launch(
            "compose", box.width, box.height, rgb, alpha, photo_opacity, stride, around, *low, rgba, box.height, box.width,
            int(behind is not None), red, green, blue,
        )  # fmt: skip
        return self.downloaded("rgba", rgba, box.height * box.width * 4).reshape(box.height, box.width, 4)

    def downloaded(self, name: str, buffer: Buffer, size: int) -> U8:
        """`size` bytes in page-locked memory, good until the next call with this name. Waits for all of the work."""
        host = self.memory.pinned(name, size)
        self.device.download(host, buffer)
        self.device.synchronize()
        return host

    def _uploaded(self, name: str, values: U8 | F32) -> Buffer:
        buffer, flat = self.memory.buffer(name, values.nbytes), np.ascontiguousarray(values).reshape(-1).view(np.uint8)
        host = self.memory.pinned("upload", flat.size)
        host[:] = flat
        self.device.upload(buffer, host)
        self.device.synchronize()  # before the next upload writes into the same page-locked bytes
        return buffer

    def _resized(self, rgb: Buffer, height: int, width: int, box: Box, slot: int) -> Buffer:
        """The steps of `network_input.resize`, and the same roundings."""
        turn, run = 0, self.device.launch
        while height >= 2 * box.height and width >= 2 * box.width and height % 2 == width % 2 == 0:
            height, width, turn = height // 2, width // 2, turn + 1
            name = f"guide {slot}" if (height, width) == (box.height, box.width) else f"half {turn % 2}"
            half = self.memory.buffer(name, 3 * height * width)
            run("halve", width, height, rgb, half, height, width)
            rgb = half
        low = (min(height, box.height), min(width, box.width))
        if low != (height, width):
            name = f"guide {slot}" if low == (box.height, box.width) else "half 0" if turn % 2 else "half 1"
            small = self.memory.buffer(name, 3 * low[0] * low[1])
            self._averaged(rgb, width, (height, width), small, low, 3)
            rgb = small
        if low != (box.height, box.width):
            large = self.memory.buffer(f"guide {slot}", 3 * box.height * box.width)
            run("enlarge", box.width, box.height, rgb, *low, large, box.height, box.width)
            rgb = large
        return rgb

    def _averaged(
        self, source: Buffer, stride: int, size: tuple[int, int], to: Buffer, low: tuple[int, int], channels: int
    ) -> None:
        run = self.device.launch
        rows = self.memory.buffer("tables", CELL_BYTES * (low[0] + low[1]))
        columns = rows.at(CELL_BYTES * low[0])
        run("cells", low[0], 1, rows, size[0], low[0])
        run("cells", low[1], 1, columns, size[1], low[1])
        run("area", low[1], low[0], source, stride, *size, rows, columns, to, *low, channels)

    def _estimate(self, rgb: Buffer, alpha: Buffer, stride: int, height: int, width: int) -> tuple[Buffer, tuple[int, int]]:
        """`foreground._estimate`: 6 planes of the reduced size, and that size."""
        run, low = self.device.launch, reduced(height, width)
        size = low[0] * low[1]
        colours, share = self.memory.buffer("colours", 3 * size), self.memory.buffer("share", size)
        self._averaged(rgb, stride, (height, width), colours, low, 3)
        self._averaged(alpha, stride, (height, width), share, low, 1)
        around, weighted = self.memory.buffer("around", 24 * size), self.memory.buffer("weighted", 16 * size)
        front, back = around, around.at(12 * size)
        run("weigh_photo", low[1], low[0], colours, share, weighted, *low, 1)
        self._blurred(weighted, back, low, WIDE)
        run("weigh_photo", low[1], low[0], colours, share, weighted, *low, 0)
        self._blurred(weighted, front, low, WIDE)
        run("correct", low[1], low[0], front, back, colours, share, *low)
        for planes, background in ((front, 0), (back, 1)):
            run("weigh_planes", low[1], low[0], planes, share, weighted, *low, background)
            self._blurred(weighted, planes, low, NARROW)
        return around, low

    def _blurred(self, weighted: Buffer, planes: Buffer, low: tuple[int, int], side: int) -> None:
        run, rows = self.device.launch, 4 * low[0]
        other = self.memory.buffer("other", weighted.bytes)
        run("box_rows", low[1], rows, weighted, other, rows, low[1], side)
        run("box_columns", low[1], rows, other, weighted, rows, *low, side)
        run("divide", low[1], low[0], weighted, planes, *low)


def reduced(height: int, width: int) -> tuple[int, int]:
    """The size at which foreground colours are estimated."""
    factor = min(MOST_REDUCED, max(1, round(max(height, width) / REDUCE_ABOVE)))
    return -(-height // factor), -(-width // factor)


def gaussian(feather: float) -> F32:
    """Weights at the distances 0, 1, ... of a feather that wide, as far as cv2.GaussianBlur reaches for bytes."""
    sigma = feather / 2
    side = round(sigma * 3 * 2 + 1) | 1
    return np.asarray(cv2.getGaussianKernel(side, sigma, cv2.CV_32F)[side // 2 :, 0], np.float32)
