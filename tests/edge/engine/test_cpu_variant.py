"""The form of the network that the CPU runs: measured once, remembered, and never taken from what does not fit."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from edge.engine import cpu_variant
from edge.engine.cpu_variant import EXACT, choose, fastest, good_enough, remembered
from matting.engines.onnx_cpu import OnnxCpuEngine
from matting.errors import EngineError
from matting.model import ModelSpec, default_model_dir, load_model


@pytest.fixture(scope="module")
def model() -> ModelSpec:
    return load_model(default_model_dir())


def test_the_exact_form_stays_unless_another_saves_much() -> None:
    assert fastest({"onnx": 0.100, "int8": 0.095}) == EXACT
    assert fastest({"onnx": 0.100, "int8": 0.080}) == "int8"


def test_a_form_whose_alpha_is_too_far_off_is_none(model: ModelSpec) -> None:
    assert good_enough(model) == ("onnx", "int8")
    for psnr in (39.9, None):
        far = dataclasses.replace(model.files["int8"], psnr=psnr)
        assert good_enough(dataclasses.replace(model, files={**model.files, "int8": far})) == ("onnx",)


def test_measured_for_real_and_remembered(model: ModelSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert remembered(model, 1, tmp_path) == EXACT  # nothing is known yet
    chosen = choose(default_model_dir(), 1, tmp_path)
    told = json.loads((tmp_path / "cpu-form.json").read_text())
    assert told["seconds"].keys() == {"onnx", "int8"} and min(told["seconds"].values()) > 0
    assert chosen == fastest(told["seconds"]) == remembered(model, 1, tmp_path)
    monkeypatch.setattr(cpu_variant, "measure", no_second_time)
    assert choose(default_model_dir(), 1, tmp_path) == chosen


def test_what_was_found_out_elsewhere_or_torn_counts_for_nothing(model: ModelSpec, tmp_path: Path) -> None:
    path = tmp_path / "cpu-form.json"
    choose(default_model_dir(), 1, tmp_path)
    told = json.loads(path.read_text())
    told["seconds"] = {"onnx": 1.0, "int8": 0.1}
    path.write_text(json.dumps(told))
    assert remembered(model, 1, tmp_path) == "int8"
    assert remembered(model, 2, tmp_path) == EXACT
    for text in ("", "[]", '{"key": 1}', json.dumps({**told, "seconds": {"int8": 0.1}}), json.dumps(told)[:40]):
        path.write_text(text)
        assert remembered(model, 1, tmp_path) == EXACT


def test_where_it_cannot_be_measured_the_exact_form_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu_variant, "measure", no_second_time)
    assert choose(default_model_dir(), 1, tmp_path) == EXACT
    monkeypatch.setattr(cpu_variant, "measure", lambda *_: pytest.fail("waited for once more"))
    assert choose(default_model_dir(), 1, tmp_path) == EXACT


@pytest.mark.slow
def test_a_state_folder_that_takes_nothing_keeps_no_service_from_starting(tmp_path: Path) -> None:
    assert choose(default_model_dir(), 1, tmp_path / "not there") in ("onnx", "int8")


def test_the_engine_says_which_form_it_runs_and_both_see_the_same_person(model: ModelSpec) -> None:
    photo = np.zeros((1, 3, 512, 512), np.float32)
    exact, int8 = (OnnxCpuEngine(model, threads=1, form=form) for form in ("onnx", "int8"))
    assert exact.name.endswith("fp32)") and int8.name.endswith("int8)")
    assert not np.array_equal(exact.infer(photo), int8.infer(photo))
    np.testing.assert_allclose(exact.infer(photo), int8.infer(photo), atol=0.1)


def no_second_time(*_: object) -> dict[str, float]:
    raise EngineError("measured a second time")
