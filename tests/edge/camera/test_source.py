from __future__ import annotations

from pathlib import Path

import pytest

from edge.config.camera_source import CameraSource, parse_source
from edge.config.load import ConfigError, load_config


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("csi://1", CameraSource("csi", "1")),
        ("v4l2:///dev/video0", CameraSource("v4l2", "/dev/video0")),
        ("v4l2:///dev/v4l/by-id/usb-cam.1", CameraSource("v4l2", "/dev/v4l/by-id/usb-cam.1")),
        ("/dev/video0", CameraSource("v4l2", "/dev/video0")),
        ("/dev/v4l/by-path/pci-0:1.0-video", CameraSource("v4l2", "/dev/v4l/by-path/pci-0:1.0-video")),
        ("/dev/shm/a.mp4", CameraSource("file", "/dev/shm/a.mp4")),
        ("rtsp://me:secret@10.0.0.5:554/a?b=c", CameraSource("rtsp", "rtsp://me:secret@10.0.0.5:554/a?b=c")),
        ("clips/a.mp4", CameraSource("file", "/base/clips/a.mp4")),
        ("test://", CameraSource("test", "smpte")),
    ],
)
def test_sources_are_read_as_they_are_written(text: str, source: CameraSource) -> None:
    assert parse_source(text, Path("/base")) == source


def test_a_password_is_not_shown() -> None:
    assert str(parse_source("rtsp://me:secret@10.0.0.5/a")) == "rtsp://…@10.0.0.5/a"


def test_every_mistake_of_the_camera_is_told_with_its_line(tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    config.write_text(
        '[camera]\nsource = "usb://0"\nwidth = 640\nflip = "left"\ncrop = [0, 0, 10]\nbutton = "17"\n'
        '[live]\naddress = "0.0.0.0:80"\ndevice = "/etc/passwd"\nbackground = "none"\n'
    )
    with pytest.raises(ConfigError) as caught:
        load_config(config)
    said = str(caught.value)
    assert [line for line in range(1, 12) if f"line {line}:" in said] == [2, 3, 4, 5, 6, 8, 9, 10]
    assert "csi://0" in said and "loopback" in said


def test_a_camera_is_complete_only_with_a_source(tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    config.write_text('[live]\naddress = "127.0.0.1:80"\n')
    with pytest.raises(ConfigError, match=r"line 2: live needs camera\.source"):
        load_config(config)


@pytest.mark.parametrize(("source", "what"), [("films", "a folder"), ("/dev/null", "a device")])
def test_what_is_no_film_and_no_camera_is_a_mistake_with_its_line(tmp_path: Path, source: str, what: str) -> None:
    (tmp_path / "films").mkdir()
    config = tmp_path / "c.toml"
    config.write_text(f'[camera]\nsource = "{source}"\n')
    with pytest.raises(ConfigError, match=rf'line 2: camera\.source: .* is {what}, expected "csi://0", "/dev/video0"'):
        load_config(config)


def test_paths_of_the_camera_are_relative_to_the_config_too(tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    config.write_text('[camera]\nsource = "a.mp4"\ntrigger = "t"\n[live]\nfile = "l.mkv"\nbackground = "beach.jpg"\n')
    camera = load_config(config).camera
    assert camera is not None
    assert (camera.source, camera.trigger) == (str(tmp_path / "a.mp4"), str(tmp_path / "t"))
    assert (camera.live.file, camera.live.background) == (str(tmp_path / "l.mkv"), str(tmp_path / "beach.jpg"))
