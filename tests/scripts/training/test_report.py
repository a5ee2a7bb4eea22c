"""Published weights are replaced only by better ones: what counts as better."""

from __future__ import annotations

import dataclasses

import pytest

for needed in ("torch", "pymatting", "matplotlib", "onnx"):
    pytest.importorskip(needed)

from scripts.training.steps.report import DECISIVE, Measured, Row, better  # noqa: E402
from scripts.training.steps.validate import Presence, Score  # noqa: E402

OLD = {key: Score(mad=8.0, band=40.0, iou=0.99) for key in DECISIVE}


def measured(mad: float, band: float, **others: Score) -> Measured:
    """The same error everywhere but on `others`."""
    scores = dict.fromkeys(DECISIVE, Score(mad, band, 0.99)) | others
    rows: dict[str, Row] = {key: (key, score, None) for key, score in scores.items()}
    return Measured(3_434_452, rows, [], "stretch", Presence(0.01, 0.5, 0, 0), 0.18)


def test_less_error_everywhere_is_better_and_the_same_is_not() -> None:
    assert better(measured(7.9, 39.9), OLD)
    assert not better(measured(8.0, 40.0), OLD)


@pytest.mark.parametrize("key", DECISIVE)
def test_more_error_on_one_set_outweighs_less_on_all_others(key: str) -> None:
    assert not better(measured(5, 30, **{key: Score(8.1, 30, 0.99)}), OLD)


@pytest.mark.parametrize("figure", ["grad", "worst"])
def test_no_other_figure_may_be_worse_either(figure: str) -> None:
    old = {key: dataclasses.replace(score, grad=1.0, worst=30.0) for key, score in OLD.items()}
    same = {key: dataclasses.replace(score, mad=7.0, grad=1.0, worst=30.0) for key, score in OLD.items()}
    assert better(measured(7, 39, **same), old)
    more = dataclasses.replace(same["hair"], **{figure: 31.0})
    assert not better(measured(7, 39, **{**same, "hair": more}), old)


@pytest.mark.parametrize("key", ["exact", "clutter", "holding", "hair", "bystanders", "cutouts"])
def test_blurred_edges_outweigh_less_error(key: str) -> None:
    assert not better(measured(5, 30, **{key: Score(5, 40.1, 0.99)}), OLD)


def test_of_drawings_the_edges_do_not_count() -> None:
    assert better(measured(5, 30, drawn=Score(5, 40.1, 0.99)), OLD)


def test_where_nobody_is_drawn_the_other_sets_decide() -> None:
    assert better(measured(5, 30), {key: score for key, score in OLD.items() if key != "drawn"})
