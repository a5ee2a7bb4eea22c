"""The cameras of this machine and the modes that they offer, asked of the kernel (V4L2, linux/videodev2.h)."""

from __future__ import annotations

import fcntl
import os
import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

# Request numbers with the size of their structures: the same on every 64-bit Linux.
_QUERYCAP, _ENUM_FMT, _ENUM_SIZES, _ENUM_RATES = 0x80685600, 0xC0405602, 0xC02C564A, 0xC034564B
_CAPTURE, _DISCRETE = 1, 1
_DEVICE_CAPS = 0x80000000
_MOST = 256  # of anything: a driver that never says "no more" must not hold us
_CSI_DRIVER = "tegra-video"

Ask = Callable[[int, bytearray], bool]


@dataclass(frozen=True, slots=True)
class Mode:
    """What a camera offers. fps: the highest rate at this size, None where the driver does not tell."""

    format: str
    width: int
    height: int
    fps: float | None

    def __str__(self) -> str:
        return f"{self.width}x{self.height} {self.format}" + ("" if self.fps is None else f" {self.fps:g}/s")


@dataclass(frozen=True, slots=True)
class Camera:
    """source: as camera.source would name it; a Jetson's sensors are counted as argus counts them."""

    source: str
    name: str
    modes: tuple[Mode, ...]


def cameras(devices: Path = Path("/dev")) -> list[Camera]:
    """All that can capture; what cannot be opened, for lack of permission, is left out."""
    found: list[Camera] = []
    for path in sorted(devices.glob("video*"), key=lambda path: int(re.sub(r"\D", "", path.name) or 0)):
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            camera = camera_at(path, _asking(descriptor), sum(each.source.startswith("csi") for each in found))
        finally:
            os.close(descriptor)
        if camera is not None:
            found.append(camera)
    return found


def camera_at(path: Path, ask: Ask, sensors: int) -> Camera | None:
    """What answers at `path`, None if it does not capture. ask: an ioctl in place, False for "no"; sensors: found before."""
    about = bytearray(104)
    if not ask(_QUERYCAP, about):
        return None
    driver, name = _text(bytes(about[:16])), _text(bytes(about[16:48]))
    capabilities, device = struct.unpack_from("II", about, 84)
    if not (device if capabilities & _DEVICE_CAPS else capabilities) & _CAPTURE:
        return None
    source = f"csi://{sensors}" if driver == _CSI_DRIVER else f"v4l2://{path}"
    return Camera(source, name, tuple(dict.fromkeys(_modes(ask))))


def _modes(ask: Ask) -> Iterator[Mode]:
    for index in range(_MOST):
        format = bytearray(struct.pack("II", index, _CAPTURE).ljust(64, b"\0"))
        if not ask(_ENUM_FMT, format):
            return
        pixels = bytes(format[44:48])
        for width, height in _sizes(ask, pixels):
            yield Mode(pixels.decode("ascii", "replace").strip(), width, height, _best_rate(ask, pixels, width, height))


def _sizes(ask: Ask, pixels: bytes) -> Iterator[tuple[int, int]]:
    for index in range(_MOST):
        size = bytearray(struct.pack("I4s", index, pixels).ljust(44, b"\0"))
        if not ask(_ENUM_SIZES, size):
            return
        kind, *numbers = struct.unpack_from("I6I", size, 8)
        if kind != _DISCRETE:  # any size up to the largest
            yield numbers[1], numbers[4]
            return
        yield numbers[0], numbers[1]


def _best_rate(ask: Ask, pixels: bytes, width: int, height: int) -> float | None:
    rates = []
    for index in range(_MOST):
        interval = bytearray(struct.pack("I4sII", index, pixels, width, height).ljust(52, b"\0"))
        if not ask(_ENUM_RATES, interval):
            break
        numerator, denominator = struct.unpack_from("II", interval, 20)  # of the only, or the shortest, interval
        if numerator:
            rates.append(denominator / numerator)
    return round(max(rates), 2) if rates else None


def _asking(descriptor: int) -> Ask:
    def ask(request: int, answer: bytearray) -> bool:
        try:
            fcntl.ioctl(descriptor, request, answer)
        except OSError:  # EINVAL: no more of them; anything else: not a camera
            return False
        return True

    return ask


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "replace")
