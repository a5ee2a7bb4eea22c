"""ID photos: the data, the place of the head, the file's length, and the whole way on NASA's portrait of Eileen Collins."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache, partial
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from matting.cpu_work import open_cpu_work
from matting.decode import decode
from matting.errors import FaceUnfit, NoFaceFound, OutsideRule, SettingsError, SeveralFaces
from matting.face.finder import find_faces
from matting.face.model import default_face_dir
from matting.face.networks import OnnxFaceNetworks
from matting.face.values import Face, Head, Look
from matting.formats.jpeg import write_jpeg
from matting.id_photo.checks import Seen, refuse_unfit
from matting.id_photo.file_size import within
from matting.id_photo.place import Edges, edges, place
from matting.id_photo.portrait import Wish
from matting.id_photo.specification import Range, find_specification, parse_specification, specifications
from matting.model import default_model_dir, load_model
from matting.network_input import resize
from matting.photo import U8, Limits
from matting.pipeline import CutOut, cut
from matting.pixel_work import PixelWork
from matting.presets import settings_from
from scripts.face.eyes import closed_eyes

RULES = list(specifications())


@cache
def networks() -> OnnxFaceNetworks:
    return OnnxFaceNetworks(default_face_dir())


@pytest.fixture(scope="module")
def work() -> PixelWork:
    return open_cpu_work("cpu", load_model(default_model_dir()), 1)


@pytest.fixture(scope="module")
def astronaut() -> U8:
    """Four times as large, with room above the head: the one photo that may be in this repository is small."""
    rgb = decode((default_model_dir() / "trial" / "astronaut.jpg").read_bytes(), Limits()).rgb
    larger = cv2.resize(rgb, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    return np.asarray(larger, np.uint8)


def made(rgb: U8, work: PixelWork, rule: str, **wishes: object) -> CutOut:
    wish = Wish(find_specification(rule), networks, **wishes)  # type: ignore[arg-type]
    photo = write_jpeg(rgb, None, None, 95)
    return cut(photo, settings_from("id-photo", id_photos=(wish,)), work)


# -- the data ---------------------------------------------------------------------------------------------------------


def test_there_are_forty_documents_or_more_of_every_part_of_the_world() -> None:
    assert len(RULES) >= 40
    assert {"de-passport", "uk-passport", "us-visa", "cn-1-inch", "jp-passport", "in-visa", "ca-passport"} <= set(RULES)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_possible_and_says_where_it_is_from(name: str) -> None:
    rule = find_specification(name)
    assert re.fullmatch(r"[a-z]{2,4}(-[a-z0-9]+)*", name)
    assert len(rule.source) > 15
    assert re.fullmatch(r"20\d\d(-\d\d)?", rule.date)
    assert 20 <= rule.width <= 60
    assert rule.width <= rule.height
    if rule.pixels is not None:
        assert rule.pixels[0] / rule.pixels[1] == pytest.approx(rule.width / rule.height, rel=0.02)
    if rule.head is not None:
        assert 0.4 < rule.head.middle / rule.height < 0.9
    if rule.eyes is not None and rule.head is not None:
        assert rule.eyes.high < rule.height
        assert rule.eyes.high + rule.head.low * 0.45 < rule.height + 3


def test_a_wrong_table_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match="zz is no specification"):
        parse_specification("zz", {"country": "Z"}, "z.toml")
    with pytest.raises(SettingsError, match="--list"):
        find_specification("atlantis-passport")


# -- the place --------------------------------------------------------------------------------------------------------


def a_face(roll: float = 0.0, x: float = 1000, y: float = 900) -> Face:
    """Eyes at (x, y), 130 pixels apart."""
    turn = np.deg2rad(roll)
    half = 65 * np.array([np.cos(turn), np.sin(turn)])
    right, left = (x - half[0], y - half[1]), (x + half[0], y + half[1])
    chin = (x - 240 * np.sin(turn), y + 240 * np.cos(turn))
    return Face(np.zeros((468, 3)), 1.0, right, left, chin, (x, y + 150), roll, 0.0, 7.0)


HEAD = Head(chin=240, hair=260, skull=220, centre=0)


def free(height: int, width: int) -> Edges:
    """A person who reaches the lower edge alone."""
    alpha = np.zeros((height, width), np.uint8)
    alpha[height * 2 // 3 :, width // 4 : width * 3 // 4] = 255
    return edges(alpha)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("roll", [0.0, 9.0])
def test_every_rule_is_kept_where_the_photo_has_room(name: str, roll: float) -> None:
    rule = find_specification(name)
    found = place(a_face(roll), HEAD, rule, rule.size(), free(3000, 2000))
    assert not [lack for lack in found.missing if lack.cuts]
    assert rule.head is None or rule.head.holds(found.head)
    assert rule.eyes is None or rule.eyes.holds(found.eyes)
    assert rule.top_gap is None or rule.top_gap.holds(found.crown, 0.01)
    # The matrix agrees with what is said: eyes level and where they should be.
    seen = [found.matrix @ (*eye, 1) for eye in (a_face(roll).right_eye, a_face(roll).left_eye)]
    assert seen[0][1] == pytest.approx(seen[1][1], abs=0.01)
    per_mm = rule.size()[1] / rule.height
    assert rule.height - seen[0][1] / per_mm == pytest.approx(found.eyes, abs=0.01)
    assert (seen[0][0] + seen[1][0]) / 2 == pytest.approx(rule.size()[0] / 2, abs=0.5)


def test_what_the_photo_lacks_is_told_by_side_and_millimetres() -> None:
    rule = find_specification("de-passport")
    alpha = np.zeros((3000, 2000), np.uint8)
    alpha[700:, 300:1700] = 255
    ends_below = edges(alpha[:1170])
    found = place(a_face(), HEAD, rule, rule.size(), ends_below)
    assert [lack.side for lack in found.missing if lack.cuts] == ["below"]
    beside = place(a_face(x=150), HEAD, rule, rule.size(), edges(alpha[:, 850:]))
    assert "left" in {lack.side for lack in beside.missing if lack.cuts}
    above = place(a_face(y=270), HEAD, rule, rule.size(), free(2400, 2000))
    assert [(lack.side, lack.cuts) for lack in above.missing] == [("above", False)]


def test_a_smaller_picture_is_taken_where_a_larger_one_would_lack_room() -> None:
    rule = find_specification("us-passport")
    wide = place(a_face(), HEAD, rule, rule.size(), free(3000, 2000))
    alpha = np.zeros((1400, 2000), np.uint8)
    alpha[700:, 300:1700] = 255
    tight = place(a_face(), HEAD, rule, rule.size(), edges(alpha))
    assert not [lack for lack in tight.missing if lack.cuts]
    assert tight.head > wide.head
    assert rule.head is not None
    assert rule.head.holds(tight.head)


# -- the file's length ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kb", [(10, 20), (15, 30), (40, 100), (30, 240)])
def test_a_length_is_met_at_the_best_quality(astronaut: U8, kb: tuple[int, int]) -> None:
    picture = resize(np.ascontiguousarray(astronaut[:1300, 400:1400]), 531, 413)
    data, quality = within(partial(write_jpeg, picture, None, (300, 300)), picture, Range(*kb))
    assert kb[0] * 1024 <= len(data) <= kb[1] * 1000
    assert quality == 100 or len(write_jpeg(picture, None, (300, 300), quality + 1)) > kb[1] * 1000
    with Image.open(BytesIO(data)) as image:
        assert image.size == (413, 531)
        assert image.info["dpi"] == (300, 300)


def test_a_length_that_cannot_be_had_is_told(astronaut: U8) -> None:
    picture = np.ascontiguousarray(astronaut[:531, :413])
    with pytest.raises(OutsideRule, match="more than 2 kB"):
        within(partial(write_jpeg, picture, None, None), picture, Range(1, 2))
    with pytest.raises(OutsideRule, match="less than 900 kB"):
        within(partial(write_jpeg, picture, None, None), picture, Range(900, 1000))


# -- the whole way ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["de-passport", "us-visa", "cn-visa", "jp-passport"])
def test_the_finished_picture_is_measured_anew_and_is_to_the_rule(name: str, astronaut: U8, work: PixelWork) -> None:
    rule = find_specification(name)
    done = made(astronaut, work, name)
    assert done.id_photo is not None
    assert done.id_photo.report.passed
    picture = decode(done.output, Limits())
    assert (picture.width, picture.height) == rule.size() == done.size
    assert picture.dpi is not None
    assert picture.dpi[0] == pytest.approx(rule.dpi(), abs=1)
    assert rule.kb is None or rule.kb.holds(len(done.output) / 1000)
    (face,) = find_faces(picture.rgb, np.full(picture.rgb.shape[:2], 255, np.uint8), networks())
    per_mm = picture.height / rule.height
    assert rule.height - face.eyes[1] / per_mm == pytest.approx(done.id_photo.place.eyes, abs=0.4)
    assert rule.height - face.chin[1] / per_mm == pytest.approx(done.id_photo.place.chin, abs=0.7)
    assert abs(face.roll) < 1.5
    assert tuple(picture.rgb[3, 3]) == pytest.approx(rule.background.rgb, abs=3)


def test_the_background_is_kept_on_request_and_the_report_warns_where_a_new_one_is_refused(
    astronaut: U8, work: PixelWork
) -> None:
    replaced, kept = made(astronaut, work, "de-passport"), made(astronaut, work, "de-passport", keep=True)
    assert replaced.id_photo is not None
    assert kept.id_photo is not None
    assert any("--background keep" in warning for warning in replaced.id_photo.report.warnings)
    assert not any("--background keep" in warning for warning in kept.id_photo.report.warnings)
    corner = decode(kept.output, Limits()).rgb[5:40, 5:40].astype(int)
    assert np.abs(corner - find_specification("de-passport").background.rgb).max() > 20


def test_words_json_and_lines_tell_every_rule(astronaut: U8, work: PixelWork) -> None:
    done = made(astronaut, work, "us-visa").id_photo
    assert done is not None
    words = done.report.words()
    assert "pass  eyes above the lower edge" in words
    assert json.loads(done.report.as_json())["passed"] is True
    drawn = done.with_lines()
    red = (drawn[:, 10] == (205, 40, 40)).all(axis=1)
    rows = np.flatnonzero(red)
    assert rows[0] / 900 * 50.8 == pytest.approx(done.place.crown, abs=0.2)


def test_bad_photos_get_a_sentence_each(astronaut: U8, work: PixelWork) -> None:
    with pytest.raises(SeveralFaces, match="2 faces"):
        made(np.concatenate([astronaut, astronaut], axis=1), work, "de-passport")
    with pytest.raises(FaceUnfit, match="upside down"):
        made(np.ascontiguousarray(np.rot90(astronaut, 2)), work, "de-passport")
    with pytest.raises(OutsideRule, match=r"lacks .* mm below the head"):
        made(astronaut[:760], work, "us-visa")
    with pytest.raises((FaceUnfit, OutsideRule), match=r"small|too few pixels"):
        made(
            np.ascontiguousarray(cv2.resize(astronaut, None, fx=0.2, fy=0.2, interpolation=cv2.INTER_AREA)),
            work,
            "de-passport",
        )
    covered = astronaut.copy()
    covered[:380, 760:1100] = (20, 20, 60)
    with pytest.raises(FaceUnfit, match="brow"):
        made(covered, work, "de-passport")
    (face,) = find_faces(astronaut, np.full(astronaut.shape[:2], 255, np.uint8), networks())
    with pytest.raises(FaceUnfit, match="eyes are closed"):
        made(closed_eyes(astronaut, face), work, "de-passport")
    faceless = astronaut.copy()
    faceless[320:780, 700:1080] = (150, 110, 90)
    with pytest.raises((NoFaceFound, FaceUnfit)):
        made(faceless, work, "de-passport")


@pytest.mark.parametrize(
    ("yaw", "pitch", "roll", "words"),
    [(40, 7, 0, "turned away by 40"), (-30, 7, 0, "turned away by 30"), (0, 35, 0, "up or down"), (0, 7, 40, "leans by 40")],
)
def test_a_profile_and_a_head_that_is_held_badly_are_refused(yaw: float, pitch: float, roll: float, words: str) -> None:
    look = Look(light=0.9, sharpness=0.3, brow=2.0, open=0.3, white=20.0)
    refuse_unfit(Seen(a_face(), look))
    with pytest.raises(FaceUnfit, match=words):
        refuse_unfit(Seen(replace(a_face(), yaw=yaw, pitch=pitch, roll=roll), look))


def test_the_data_lies_in_the_package() -> None:
    folder = Path(__file__).parents[2] / "matting" / "id_photo" / "specs"
    assert len(list(folder.glob("*.toml"))) >= 4
