"""Composites: alpha is exact by construction, samples depend on their number alone."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("pymatting")

from scripts.training.data import augment, composites, prepare
from scripts.training.data.prepare import Entry
from scripts.training.data.scene import Scene
from scripts.training.steps import validate

Cache = tuple[Path, list[Entry]]


def composer(cache: Cache, side: int = 96) -> composites.Composer:
    return composites.Composer(*cache, side=side, seed=3)


@pytest.fixture
def on_blue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every ground is blue, and no person's colour is drawn towards it."""
    blue = np.zeros((96, 96, 3), np.uint8)
    blue[..., 2] = 255
    monkeypatch.setattr(composites.Composer, "ground", lambda self, random: blue)
    monkeypatch.setattr(augment, "harmonise", lambda *_: None)


@pytest.mark.usefixtures("on_blue")
def test_a_composite_is_the_foreground_over_the_ground_with_exactly_its_alpha(cache: Cache) -> None:
    for seed in range(5):
        sample = composer(cache).composite(np.random.default_rng(seed), Scene(people=1))
        expected = np.dstack([sample.alpha, np.zeros_like(sample.alpha), 255 - sample.alpha])
        assert np.abs(sample.photo.astype(int) - expected).max() <= 6  # 8-bit roundings add up
        assert sample.alpha.max() == 255 and (sample.trust == 255).all()


def with_a_thing(cache: Cache) -> Cache:
    """And a grey one to put behind or before people."""
    folder, entries = cache
    np.save(folder / "thing.npy", np.full((40, 20, 4), (90, 90, 90, 255), np.uint8))
    return folder, [*entries, Entry("thing", "things", "t", False, "thing.npy")]


@pytest.mark.usefixtures("on_blue")
@pytest.mark.parametrize("cutout", [True, False])
def test_things_show_and_are_no_part_of_the_alpha(cache: Cache, cutout: bool) -> None:
    """Behind the person or, as a desk, before it: what is wholly alpha is wholly the person (red, on blue)."""
    folder, entries = with_a_thing(cache) if cutout else cache
    shown = 0.0
    for seed in range(30):
        make = composer((folder, entries))
        sample = make.composite(np.random.default_rng(seed), Scene(people=1, things=3, desk=seed % 2 == 0))
        inside, outside = sample.photo[sample.alpha == 255].astype(int), sample.photo[sample.alpha == 0].astype(int)
        assert np.abs(inside - (255, 0, 0)).max(initial=0) <= 6
        shown += (np.abs(outside - (0, 0, 255)).max(1) > 20).mean()
    assert shown > 1.5


@pytest.mark.usefixtures("on_blue")
@pytest.mark.parametrize("cutout", [True, False])
def test_a_thing_that_is_held_belongs_to_the_person(cache: Cache, monkeypatch: pytest.MonkeyPatch, cutout: bool) -> None:
    """It hides some of the person (red, on blue), and all of it is in the alpha; nothing of the alpha goes."""
    monkeypatch.setattr(composites, "CUT_OUT", 1)
    make, shown, more = composer(with_a_thing(cache) if cutout else cache), 0.0, 0.0
    for seed in range(30):
        empty, full = (make.composite(np.random.default_rng(seed), Scene(people=1, held=held)) for held in (False, True))
        assert (full.alpha.astype(int) >= empty.alpha.astype(int) - 1).all()
        outside = full.photo[full.alpha == 0].astype(int)
        assert np.abs(outside - (0, 0, 255)).max(initial=0) <= 6
        shown += (np.abs(full.photo[empty.alpha == 255].astype(int) - (255, 0, 0)).max(1) > 20).mean()
        more += (full.alpha > empty.alpha).mean()
    assert shown > 1 and more > 0.05


def test_against_the_light_people_are_darker_than_what_is_behind_them(cache: Cache) -> None:
    for seed in range(10):
        plain, backlit = (
            composer(cache).composite(np.random.default_rng(seed), Scene(people=2, backlit=b)) for b in (False, True)
        )
        assert (backlit.photo[backlit.alpha == 255].max(1) <= 0.31 * 255).all()
        assert backlit.photo[backlit.alpha == 0].mean() > plain.photo[plain.alpha == 0].mean()


def test_a_thing_is_read_without_its_empty_border(tmp_path: Path) -> None:
    picture = np.zeros((32, 32, 4), np.uint8)
    picture[10:20, 4:9] = (1, 2, 3, 255)
    cv2.imwrite(str(tmp_path / "thing.png"), picture)
    thing = prepare.read_thing(tmp_path / "thing.png")
    assert thing.shape == (10, 5, 4) and thing[0, 0].tolist() == [3, 2, 1, 255]
    cv2.imwrite(str(tmp_path / "photo.png"), picture[..., :3])
    with pytest.raises(ValueError, match=r"photo\.png"):
        prepare.read_thing(tmp_path / "photo.png")


def test_several_people_make_a_union_and_none_make_an_empty_alpha(cache: Cache) -> None:
    one = composer(cache).composite(np.random.default_rng(1), Scene(people=1))
    three = composer(cache).composite(np.random.default_rng(1), Scene(people=3))
    nobody = composer(cache).composite(np.random.default_rng(1), Scene(people=0))
    assert nobody.alpha.max() == 0 < one.alpha.mean() and three.alpha.max() == 255


def test_a_sample_depends_on_its_number_alone(cache: Cache) -> None:
    first, again, other = composer(cache)(7), composer(cache)(7), composer(cache)(8)
    assert (first.photo == again.photo).all() and (first.alpha == again.alpha).all()
    assert (first.photo != other.photo).any()
    assert first.photo.shape == (96, 96, 3) and first.alpha.shape == first.trust.shape == (96, 96)


def test_degrading_never_changes_the_shape(cache: Cache) -> None:
    photo = composer(cache).composite(np.random.default_rng(2), Scene(people=1)).photo
    for seed in range(20):
        out = augment.degrade(photo, np.random.default_rng(seed))
        assert out.shape == photo.shape and out.dtype == np.uint8


def test_letterbox_bars_are_grey_and_certainly_empty() -> None:
    out = composites.letterbox(np.full((40, 20, 5), 200, np.uint8))
    assert out.shape == (40, 40, 5)
    assert out[0, 0].tolist() == [composites.PAD] * 3 + [0, 255] and out[20, 20].tolist() == [200] * 5


@pytest.mark.parametrize(("share", "most"), [(1.0, 1.0), (0.5, 0.65)])
def test_drawn_people_come_by_their_share(cache: Cache, monkeypatch: pytest.MonkeyPatch, share: float, most: float) -> None:
    folder, entries = cache
    monkeypatch.setattr(composites, "RENDERED", share)
    make = composer((folder, [*entries, Entry("rendered", "rendered", "drawn", False, "keyed.npy")]))
    random = np.random.default_rng(0)
    drawn = np.mean([make.anybody(random).stem == "drawn" for _ in range(300)])
    assert most - 0.3 < drawn <= most
    alone = composer((folder, [Entry("rendered", "rendered", "drawn", False, "keyed.npy")]))
    assert alone.composite(random, Scene(people=1)).alpha.max() == 255


def test_data_without_drawn_people_has_no_row_of_them(cache: Cache) -> None:
    folder, entries = cache
    unseen = [dataclasses.replace(entry, validation=True) for entry in entries]
    assert validate.drawn_composites(folder, unseen) == []
    drawn = Entry("rendered", "rendered", "drawn", True, "keyed.npy")
    assert len(validate.drawn_composites(folder, [*unseen, drawn])) == validate.COMPOSITES
