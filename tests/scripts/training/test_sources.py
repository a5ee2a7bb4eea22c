"""Bad labels are filtered, agreement is trusted, the split is by person and by place."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("pymatting")

from scripts.training.data import prepare, sources


def disc(radius: float, soft: float = 1.0) -> sources.Plane:
    y, x = np.mgrid[0:100, 0:100]
    return np.asarray(np.clip((radius - np.hypot(y - 50, x - 50)) / soft + 0.5, 0, 1), np.float32)


def test_a_clean_label_is_kept() -> None:
    assert sources.reject_reason(disc(30), disc(30.2)) is None


@pytest.mark.parametrize(
    ("alpha", "second", "reason"),
    [
        (disc(3), None, "covers"),
        (np.ones((100, 100), np.float32), None, "covers"),
        (disc(30, soft=40), None, "vague"),
        (disc(30), disc(38), "differ"),
    ],
)
def test_a_bad_label_is_rejected(alpha: sources.Plane, second: sources.Plane | None, reason: str) -> None:
    assert reason in (sources.reject_reason(alpha, second) or "")


def test_merging_averages_agreement_and_distrusts_the_rest() -> None:
    alpha, second = disc(30), disc(30)
    second[:10, :10] = 1
    second[50, 50] = 0.8
    merged, trust = sources.merge(alpha, second, "teacher")
    assert merged[50, 50] == pytest.approx(0.9) and trust[50, 50] == 1
    assert merged[5, 5] == 0 and trust[5, 5] == 0
    assert (sources.merge(alpha, second, "keyed")[0] == alpha).all()


def test_wearers_and_places_stay_on_one_side() -> None:
    assert sources.person_key("ccp", "0041") == sources.person_key("ccp", "0079") != sources.person_key("ccp", "0080")
    assert sources.person_key("packages", "kit_man") == sources.person_key("packages", "kit_hat") != "package kits"
    assert sources.person_key("faker", "kit_man") != sources.person_key("faker", "kit_hat")
    assert sources.place_key("room_4k_3") == sources.place_key("room_4k_11")
    share = np.mean([sources.is_validation(f"person {n}") for n in range(2000)])
    assert 0.07 < share < 0.13


def test_preparing_twice_reads_what_was_prepared_once(tmp_path: Path) -> None:
    for folder, picture in (
        ("photos/faker", np.full((100, 100, 3), 90, np.uint8)),
        ("mattes/faker", (disc(30) * 255).astype(np.uint8)),
        ("photos/rendered", np.full((100, 100, 3), 90, np.uint8)),
        ("mattes/rendered", (disc(30, soft=40) * 255).astype(np.uint8)),
        ("backgrounds/indoor", np.full((60, 80, 3), 20, np.uint8)),
    ):
        (tmp_path / "data" / folder).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "data" / folder / "one.png"), picture)
    prepared = prepare.prepare(tmp_path / "data", tmp_path, jobs=1)
    assert [e.kind for e in prepared] == ["teacher", "rendered", "background"], "thin cloth is vague, and right"
    planes = np.load(tmp_path / "cache" / prepared[0].file)
    assert planes.shape == (100, 100, 8) and planes[50, 50].tolist() == [90] * 6 + [255, 255]
    assert prepare.prepare(tmp_path / "gone", tmp_path) == prepared
    assert json.loads((tmp_path / "cache" / "index.json").read_text())[0]["group"] == "faker"


def test_one_person_is_on_one_side_in_every_set(tmp_path: Path) -> None:
    """Cut-outs with their photos, the ten of openpeople, officials in both sets; officials who are not told are left out."""
    for file in (
        "photos/openpeople/posture_3.jpg", "photos/openpeople/selfie_9.jpg", "photos/interfaces/049.jpg",
        "photos/voteview/wiki_020119.jpg", "photos/voteview/wiki_000001.jpg", "photos/congress/L000562.jpg",
    ):  # fmt: skip
        matte = (tmp_path / file.replace("photos", "mattes")).with_suffix(".png")
        for path in (tmp_path / file, matte):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    (tmp_path / "cutouts").mkdir()
    for name in ("interfaces_049", "keyed1_posture_3"):
        (tmp_path / "cutouts" / f"{name}.png").touch()
    origins = [("posture_3", "data/P010/posture.jpg"), ("selfie_9", "data/P010/selfie.jpg")]
    table = "".join(f"{stem}\tpypi:openpeople:{path}\n" for stem, path in origins)
    (tmp_path / "photos" / "openpeople.tsv").write_text(f"file\tsource\n{table}")
    people = {f"{p.source} {p.stem}": p for p in sources.people(tmp_path)}
    assert set(people) == {
        "congress L000562", "interfaces 049", "openpeople posture_3", "openpeople selfie_9", "voteview wiki_020119",
        "cutouts interfaces_049", "cutouts keyed1_posture_3",
    }  # fmt: skip
    assert people["cutouts interfaces_049"].kind == "keyed"
    for one, other in (
        ("openpeople posture_3", "openpeople selfie_9"),
        ("openpeople posture_3", "cutouts keyed1_posture_3"),
        ("interfaces 049", "cutouts interfaces_049"),
        ("voteview wiki_020119", "congress L000562"),
    ):
        assert people[one].validation == people[other].validation
