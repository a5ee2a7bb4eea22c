"""`edge-matting id-photo` as a user calls it, on NASA's portrait of Eileen Collins."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from edge.cli import main
from matting import pipeline
from matting.decode import decode
from matting.face.finder import find_faces
from matting.face.shipped import shipped_faces
from matting.model import default_model_dir
from matting.photo import Limits, Photo
from scripts.face.eyes import closed_eyes


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photos") / "eileen.jpg"
    with Image.open(default_model_dir() / "trial" / "astronaut.jpg") as image:
        image.resize((image.width * 4, image.height * 4), Image.Resampling.LANCZOS).save(path, quality=95)
    return path


def test_one_photo_one_rule(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["id-photo", str(photo), "--spec", "de-passport", "--out", str(tmp_path), "--check", "--kb", "40..70"]) == 0
    with Image.open(tmp_path / "eileen.jpg") as image:
        assert image.size == (413, 531)
        assert image.info["dpi"] == (300, 300)
    assert 40_960 <= (tmp_path / "eileen.jpg").stat().st_size <= 70_000
    report = json.loads((tmp_path / "eileen.check.json").read_text())
    assert report["passed"]
    assert {"head, chin to the crown", "length of the file"} <= {each["rule"] for each in report["findings"]}
    said = capsys.readouterr().out
    assert (tmp_path / "eileen.check.txt").read_text().rstrip() in said
    with Image.open(tmp_path / "eileen.check.jpg") as image:
        assert image.height == 900
    assert "pass  head, chin to the crown" in said
    assert "refuses photos with a replaced or edited background" in said


def test_several_rules_on_a_sheet(photo: Path, tmp_path: Path) -> None:
    words = ["--spec", "de-passport", "--spec", "cn-1-inch", "--sheet", "10x15cm"]
    assert main(["id-photo", str(photo), *words, "--out", str(tmp_path)]) == 0
    assert (tmp_path / "eileen.sheet.pdf").read_bytes().startswith(b"%PDF")
    assert main(["id-photo", str(photo), *words, "--sheet-format", "jpeg", "--out", str(tmp_path)]) == 0
    with Image.open(tmp_path / "eileen.sheet.jpg") as image:
        assert sorted(side / 300 * 25.4 for side in image.size) == pytest.approx([102, 152], abs=0.05)
    assert {path.name for path in tmp_path.glob("eileen-*.jpg")} == {"eileen-de-passport.jpg", "eileen-cn-1-inch.jpg"}


def test_of_several_rules_those_are_made_that_can_be_and_the_photo_is_decoded_once(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[int] = []

    def counted(data: bytes, limits: Limits, *, to_srgb: bool) -> Photo:
        decoded.append(len(data))
        return decode(data, limits, to_srgb=to_srgb)

    monkeypatch.setattr(pipeline, "decode", counted)
    with Image.open(photo) as image:
        image.crop((0, 0, image.width, 900)).save(tmp_path / "short.jpg", quality=92)
    words = ["--spec", "us-passport", "--spec", "cn-1-inch", "--check", "--sheet", "10x15cm"]
    assert main(["id-photo", str(tmp_path / "short.jpg"), *words, "--out", str(tmp_path / "out")]) == 19
    assert len(decoded) == 1
    names = {path.name for path in (tmp_path / "out").iterdir()}
    inch = {f"short-cn-1-inch.{ending}" for ending in ("jpg", "check.json", "check.txt", "check.jpg")}
    assert names == {*inch, "short-us-passport.check.json"}
    assert "short.jpg: us-passport: the photo lacks" in capsys.readouterr().err


def bad_photos(photo: Path) -> dict[str, Image.Image]:
    """One of each kind that no ID photo can be made of."""
    rgb = decode(photo.read_bytes(), Limits()).rgb
    (face,) = find_faces(rgb, np.full(rgb.shape[:2], 255, np.uint8), shipped_faces())
    x, y = (round(value) for value in face.eyes)
    hat, faceless = rgb.copy(), rgb.copy()
    hat[: y - 30, x - 170 : x + 170] = (20, 20, 60)
    cv2.ellipse(faceless, (x, y + 70), (190, 260), 0, 0, 360, (190, 140, 115), -1)
    found = {
        "several": np.concatenate([rgb, rgb], axis=1),
        "closed": closed_eyes(rgb, face),
        "hat": hat,
        "faceless": faceless,
        "nobody": np.full((600, 800, 3), (90, 120, 90), np.uint8),
        "down": np.rot90(rgb, 2),
        "side": np.rot90(rgb, 1),
        "short": rgb[:720],
        "small": np.asarray(Image.fromarray(rgb).resize((256, 165))),
    }
    return {name: Image.fromarray(np.ascontiguousarray(pixels)) for name, pixels in found.items()}


def test_each_kind_of_bad_photo_has_its_exit_code_and_sentence(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = {
        "several": (17, "2 faces found"),
        "closed": (18, "the eyes are closed"),
        "hat": (18, "something covers the brow"),
        "faceless": (16, "no face found"),
        "nobody": (15, "no person found"),
        "down": (18, "upside down"),
        "side": (18, "leans by"),
        "short": (19, "mm below the head"),
        "small": (18, "too small"),
    }
    for name, image in bad_photos(photo).items():
        path, out = tmp_path / f"{name}.jpg", tmp_path / "out"
        image.save(path, quality=92)
        code, words = expected[name]
        assert main(["id-photo", str(path), "--spec", "us-passport", "--check", "--out", str(out)]) == code, name
        assert words in capsys.readouterr().err, name
        assert not (out / f"{name}.jpg").exists()
        report = json.loads((out / f"{name}.check.json").read_text())
        assert report["passed"] is False and words in report["reason"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--spec", "atlantis"], "--list"),
        (["--spec", "de-passport", "--background", "blur"], "colour"),
        (["--spec", "de-passport", "--sheet", "A99"], "paper"),
        (["--spec", "de-passport", "--dpi", "5"], "--dpi"),
        ([], "--spec NAME"),
    ],
)
def test_wrong_wishes_are_refused_before_any_photo(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.png").write_bytes(b"no photo")
    assert main(["id-photo", str(tmp_path / "a.png"), "--out", str(tmp_path), *words]) == 2
    assert said in capsys.readouterr().err


def test_the_list_has_every_rule_with_its_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["id-photo", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 40
    assert any(line.startswith("us-passport") and "travel.state.gov" in line for line in lines)
