"""Avatars on NASA's portrait of Eileen Collins: the head in the middle, whatever the outline of the person does."""

from __future__ import annotations

from io import BytesIO

import cv2
import numpy as np
import pytest
from PIL import Image

from matting.avatar import Avatar
from matting.backgrounds.colour import Colour
from matting.cpu_work import open_cpu_work
from matting.decode import decode
from matting.errors import NoFaceFound
from matting.face.finder import find_faces
from matting.face.shipped import shipped_faces
from matting.formats.jpeg import JPEG, write_jpeg
from matting.model import default_model_dir, load_model
from matting.photo import U8, Limits
from matting.pipeline import cut
from matting.pixel_work import PixelWork
from matting.presets import settings_from


@pytest.fixture(scope="module")
def work() -> PixelWork:
    return open_cpu_work("cpu", load_model(default_model_dir()), 1)


@pytest.fixture(scope="module")
def astronaut() -> U8:
    rgb = decode((default_model_dir() / "trial" / "astronaut.jpg").read_bytes(), Limits()).rgb
    return np.asarray(cv2.resize(rgb, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC), np.uint8)


@pytest.mark.parametrize("left", [0, 300])
def test_the_head_is_in_the_middle(left: int, astronaut: U8, work: PixelWork) -> None:
    photo = write_jpeg(astronaut[:, left:], None, None, 95)
    done = cut(photo, settings_from("avatar", avatar=Avatar(False, shipped_faces, 512)), work)
    assert done.size == (512, 512)
    with Image.open(BytesIO(done.output)) as image:
        assert image.mode == "RGBA"
        rgb = np.asarray(image.convert("RGB"))
    (face,) = find_faces(rgb, np.full((512, 512), 255, np.uint8), shipped_faces())
    assert face.eyes[0] == pytest.approx(256, abs=20)
    assert 150 < face.eyes[1] < 300


def test_a_round_one_is_transparent_around_its_circle_and_white_in_a_jpeg(astronaut: U8, work: PixelWork) -> None:
    photo, wish = write_jpeg(astronaut, None, None, 95), Avatar(True, shipped_faces, 400)
    red = settings_from("avatar", avatar=wish, background=Colour((200, 0, 0)))
    with Image.open(BytesIO(cut(photo, red, work).output)) as image:
        pixels = np.asarray(image)
    assert pixels[2, 2, 3] == 0
    assert tuple(pixels[12, 200]) == (200, 0, 0, 255)
    jpeg = settings_from("avatar", avatar=wish, background=Colour((200, 0, 0)), format=JPEG)
    with Image.open(BytesIO(cut(photo, jpeg, work).output)) as image:
        assert min(np.asarray(image)[4, 4]) > 245


def test_nothing_is_enlarged_and_no_face_is_told(astronaut: U8, work: PixelWork) -> None:
    wish = Avatar(False, shipped_faces, 4000)
    done = cut(write_jpeg(astronaut, None, None, 95), settings_from("avatar", avatar=wish), work)
    assert done.size[0] < 1500
    faceless = astronaut.copy()
    faceless[200:620, 520:820] = (150, 110, 90)
    with pytest.raises(NoFaceFound):
        cut(write_jpeg(faceless, None, None, 95), settings_from("avatar", avatar=wish), work)
