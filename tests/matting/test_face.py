"""Faces on NASA's portrait of Eileen Collins, which the engine's trial ships with."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from matting.decode import decode
from matting.errors import ModelError
from matting.face import head, look
from matting.face.detector import anchors, merged
from matting.face.finder import find_faces, quarter_turn
from matting.face.landmarks import upside_down
from matting.face.model import default_face_dir, load_face_model
from matting.face.networks import OnnxFaceNetworks
from matting.face.values import Detection
from matting.model import default_model_dir
from matting.photo import U8, Limits
from scripts.face.eyes import closed_eyes


@pytest.fixture(scope="module")
def networks() -> OnnxFaceNetworks:
    return OnnxFaceNetworks(default_face_dir())


@pytest.fixture(scope="module")
def astronaut() -> U8:
    return decode((default_model_dir() / "trial" / "astronaut.jpg").read_bytes(), Limits()).rgb


def whole(rgb: U8) -> U8:
    return np.full(rgb.shape[:2], 255, np.uint8)


def turned(rgb: U8, degrees: float) -> tuple[U8, np.ndarray]:
    """Clockwise about the middle."""
    height, width = rgb.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
    return np.asarray(cv2.warpAffine(rgb, matrix, (width, height)), np.uint8), np.asarray(matrix)


def test_eyes_and_chin_are_where_they_are_on_the_astronaut(networks: OnnxFaceNetworks, astronaut: U8) -> None:
    scale = astronaut.shape[1] / 512  # the places were read off at 512 pixels
    (face,) = find_faces(astronaut, whole(astronaut), networks)
    assert np.allclose(np.array(face.right_eye) / scale, (204, 102), atol=4)
    assert np.allclose(np.array(face.left_eye) / scale, (246, 104), atol=4)
    assert abs(face.chin[1] / scale - 177) < 7
    assert face.presence > 0.9
    seen = look.measured(astronaut, face, networks)
    assert seen.light > 0.5
    assert 0.22 < seen.open < 0.45


def test_eyes_that_are_closed_are_told_from_open_ones(networks: OnnxFaceNetworks, astronaut: U8) -> None:
    larger = np.asarray(cv2.resize(astronaut, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8)
    (face,) = find_faces(larger, whole(larger), networks)
    shut = closed_eyes(larger, face)
    (again,) = find_faces(shut, whole(shut), networks)
    assert look.measured(shut, again, networks).open < 0.7 * look.measured(larger, face, networks).open


@pytest.mark.parametrize("degrees", [-20, 12])
def test_a_tilted_head_is_measured_as_if_it_were_upright(networks: OnnxFaceNetworks, astronaut: U8, degrees: float) -> None:
    (straight,) = find_faces(astronaut, whole(astronaut), networks)
    tilted, matrix = turned(astronaut, degrees)
    (face,) = find_faces(tilted, whole(tilted), networks)
    assert face.roll - straight.roll == pytest.approx(degrees, abs=1.5)
    expected = matrix @ (*straight.eyes, 1)
    assert math.dist(face.eyes, expected) < 0.05 * straight.eye_distance
    chins = [head.measured(each, whole(astronaut)).chin for each in (straight, face)]
    assert chins[1] == pytest.approx(chins[0], rel=0.03)


def test_the_top_of_the_hair_is_the_mattes_and_the_crown_is_not_above_it(networks: OnnxFaceNetworks, astronaut: U8) -> None:
    (face,) = find_faces(astronaut, whole(astronaut), networks)
    low, high = whole(astronaut), whole(astronaut)
    chin = head.measured(face, low).chin
    low[: round(face.eyes[1] - 0.5 * chin)] = 0
    high[: round(face.eyes[1] - 1.2 * chin)] = 0
    assert head.measured(face, low).hair == pytest.approx(0.5 * chin, rel=0.08)
    assert head.measured(face, low).skull == pytest.approx(0.5 * chin, rel=0.08)
    assert head.measured(face, high).hair == pytest.approx(1.2 * chin, rel=0.08)
    assert head.measured(face, high).skull == pytest.approx(head.SKULL * chin)


def test_a_small_face_is_looked_for_where_the_matte_is(networks: OnnxFaceNetworks, astronaut: U8) -> None:
    small = cv2.resize(astronaut, (160, 160 * astronaut.shape[0] // astronaut.shape[1]), interpolation=cv2.INTER_AREA)
    wide = np.full((1600, 1600, 3), 90, np.uint8)
    alpha = np.zeros((1600, 1600), np.uint8)
    wide[100 : 100 + small.shape[0], 700:860] = small
    alpha[105:500, 720:840] = 255
    assert find_faces(wide, np.zeros_like(alpha), networks) == []
    assert len(find_faces(wide, alpha, networks)) == 1


def test_an_upside_down_photo_is_told(networks: OnnxFaceNetworks, astronaut: U8) -> None:
    down = np.ascontiguousarray(np.rot90(astronaut, 2))
    assert all(upside_down(down, face, networks) for face in find_faces(down, whole(down), networks))
    assert not upside_down(astronaut, find_faces(astronaut, whole(astronaut), networks)[0], networks)
    assert quarter_turn(down, networks) == 2
    assert quarter_turn(np.full_like(down, 128), networks) is None


def test_two_faces_are_two(networks: OnnxFaceNetworks, astronaut: U8) -> None:
    both = np.concatenate([astronaut, astronaut], axis=1)
    assert len(find_faces(both, whole(both), networks)) == 2


def test_boxes_that_overlap_become_their_weighted_mean() -> None:
    points = np.zeros((6, 2))
    near = [Detection(0.9, (0, 0, 10, 10), points), Detection(0.6, (1, 1, 11, 11), points + 1)]
    far = Detection(0.7, (40, 40, 50, 50), points)
    first, second = merged([far, *near])
    assert first.box[0] == pytest.approx(0.4)
    assert (first.score, second.score) == (0.9, 0.7)
    assert anchors(128).shape == (896, 2)
    assert tuple(anchors(128)[0]) == (4.0, 4.0)


def test_an_altered_network_is_refused(tmp_path: Path) -> None:
    for path in default_face_dir().iterdir():
        shutil.copy(path, tmp_path)
    data = bytearray((tmp_path / "detector.onnx").read_bytes())
    data[5000] ^= 1
    (tmp_path / "detector.onnx").write_bytes(data)
    with pytest.raises(ModelError, match="altered"):
        OnnxFaceNetworks(tmp_path)
    (tmp_path / "model.toml").write_text("schema = 9")
    with pytest.raises(ModelError, match=r"model\.toml"):
        load_face_model(tmp_path)
