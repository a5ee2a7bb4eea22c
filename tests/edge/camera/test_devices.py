"""The cameras of a machine. No camera is here: a driver that answers in the kernel's own structures stands in for one."""

from __future__ import annotations

import ctypes
from ctypes import c_uint8, c_uint32
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge.camera.devices import Ask, Mode, camera_at, cameras


class Capability(ctypes.Structure):
    """struct v4l2_capability, linux/videodev2.h; so are those below."""

    _fields_ = [
        *(("driver", c_uint8 * 16), ("card", c_uint8 * 32), ("bus_info", c_uint8 * 32)),
        *(("version", c_uint32), ("capabilities", c_uint32), ("device_caps", c_uint32), ("reserved", c_uint32 * 3)),
    ]


class Description(ctypes.Structure):
    _fields_ = [
        *(("index", c_uint32), ("type", c_uint32), ("flags", c_uint32), ("description", c_uint8 * 32)),
        *(("pixelformat", c_uint8 * 4), ("mbus_code", c_uint32), ("reserved", c_uint32 * 3)),
    ]


class Size(ctypes.Structure):
    """numbers: width, height; or the least, greatest and step of the width, then of the height."""

    _fields_ = [
        *(("index", c_uint32), ("pixel_format", c_uint8 * 4), ("type", c_uint32)),
        *(("numbers", c_uint32 * 6), ("reserved", c_uint32 * 2)),
    ]


class Interval(ctypes.Structure):
    _fields_ = [
        *(("index", c_uint32), ("pixel_format", c_uint8 * 4), ("width", c_uint32), ("height", c_uint32)),
        *(("type", c_uint32), ("numbers", c_uint32 * 6), ("reserved", c_uint32 * 2)),
    ]


def _request(direction: int, number: int, kind: type[ctypes.Structure]) -> int:
    """_IOR and _IOWR of asm-generic/ioctl.h, for V4L2's letter."""
    return direction << 30 | ctypes.sizeof(kind) << 16 | ord("V") << 8 | number


_READ, _BOTH = 2, 3
QUERYCAP, ENUM_FMT = _request(_READ, 0, Capability), _request(_BOTH, 2, Description)
ENUM_SIZES, ENUM_RATES = _request(_BOTH, 74, Size), _request(_BOTH, 75, Interval)
CAPTURE, META, DEVICE_CAPS = 1, 0x800000, 0x80000000


@dataclass
class Driver:
    """modes: format -> sizes -> (numerator, denominator) of each interval. stepwise: the one size range of each format."""

    name: str = "uvcvideo"
    card: str = "Camera"
    caps: tuple[int, int] = (CAPTURE | DEVICE_CAPS, CAPTURE)
    modes: dict[str, dict[tuple[int, int], list[tuple[int, int]]]] = field(default_factory=dict)
    stepwise: tuple[int, ...] = ()

    def __call__(self, request: int, buffer: bytearray) -> bool:
        kinds = {QUERYCAP: Capability, ENUM_FMT: Description, ENUM_SIZES: Size, ENUM_RATES: Interval}
        return bool(getattr(self, f"_{kinds[request].__name__.lower()}")(kinds[request].from_buffer(buffer)))

    def _capability(self, answer: Capability) -> bool:
        for place, text in ((answer.driver, self.name), (answer.card, self.card)):
            place[: len(text)] = text.encode()
        answer.capabilities, answer.device_caps = self.caps
        return True

    def _description(self, answer: Description) -> bool:
        if answer.type != CAPTURE or answer.index >= len(self.modes):
            return False
        answer.pixelformat[:] = list(self.modes)[answer.index].encode()
        return True

    def _size(self, answer: Size) -> bool:
        if self.stepwise:
            answer.type, answer.numbers[:] = 3, self.stepwise
            return bool(answer.index == 0)
        sizes = list(self.modes[bytes(answer.pixel_format).decode()])
        if answer.index >= len(sizes):
            return False
        answer.type, answer.numbers[:2] = 1, sizes[answer.index]
        return True

    def _interval(self, answer: Interval) -> bool:
        sizes = self.modes[bytes(answer.pixel_format).decode()]
        rates = sizes.get((answer.width, answer.height), [])
        if answer.index >= len(rates):
            return False
        answer.type, answer.numbers[:2] = 1, rates[answer.index]
        return True


VIDEO0 = Path("/dev/video0")


def test_a_usb_camera_is_told_with_its_modes_and_the_highest_rate_of_each() -> None:
    modes = {"YUYV": {(640, 480): [(1, 15), (1, 30)]}, "MJPG": {(1920, 1080): [(1, 30)], (1280, 720): [(1001, 60000)]}}
    camera = camera_at(VIDEO0, Driver(card="HD Pro Webcam C920", modes=modes), 0)
    assert camera is not None
    assert (camera.source, camera.name) == ("v4l2:///dev/video0", "HD Pro Webcam C920")
    assert [str(mode) for mode in camera.modes] == ["640x480 YUYV 30/s", "1920x1080 MJPG 30/s", "1280x720 MJPG 59.94/s"]


def test_a_jetsons_sensors_are_named_as_argus_counts_them() -> None:
    sensor = Driver("tegra-video", "vi-output, imx219 9-0010", modes={"RG10": {(3280, 2464): [(1, 21)]}})
    for number, path in enumerate((Path("/dev/video0"), Path("/dev/video2"))):
        camera = camera_at(path, sensor, number)
        assert camera is not None and camera.source == f"csi://{number}"
        assert camera.modes == (Mode("RG10", 3280, 2464, 21.0),)


def test_a_range_of_sizes_is_told_by_its_largest_and_an_unknown_rate_by_nothing() -> None:
    camera = camera_at(VIDEO0, Driver(modes={"BGR3": {}}, stepwise=(16, 4096, 2, 16, 2160, 2)), 0)
    assert camera is not None and [str(mode) for mode in camera.modes] == ["4096x2160 BGR3"]


def _endless(request: int, answer: bytearray) -> bool:
    """A broken driver that never says "no more"."""
    return Driver()(request, answer) if request == QUERYCAP else True


@pytest.mark.parametrize(
    "ask",
    [lambda request, answer: False, Driver(caps=(CAPTURE | META | DEVICE_CAPS, META)), Driver(caps=(2, 0))],
    ids=["no V4L2", "a camera's metadata node", "an output"],
)
def test_what_cannot_capture_is_no_camera(ask: Ask) -> None:
    assert camera_at(VIDEO0, ask, 0) is None


def test_a_driver_without_end_does_not_hold_us() -> None:
    camera = camera_at(VIDEO0, _endless, 0)
    assert camera is not None and len(camera.modes) < 2


def test_files_that_only_look_like_cameras_are_left_out(tmp_path: Path) -> None:
    """Asked by real ioctls, in the order of their numbers."""
    for name in ("video0", "video10", "video2", "videos"):
        (tmp_path / name).write_bytes(b"no camera")
    (tmp_path / "video3").mkdir()
    (tmp_path / "video4").symlink_to(tmp_path / "nowhere")
    (tmp_path / "video5").symlink_to("/dev/null")
    assert cameras(tmp_path) == []
    assert cameras(tmp_path / "nothing") == []
