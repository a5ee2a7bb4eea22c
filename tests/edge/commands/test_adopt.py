"""`edge-matting adopt`, with networks that are as small as a network can be: one convolution and a sigmoid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from edge import cli
from matting.model import default_model_dir, load_model

ASTRONAUT = default_model_dir() / "trial" / "astronaut.jpg"


def network(path: Path, shape: list[int | str], inputs: int = 1) -> Path:
    """Alpha is high where the photo is orange, as the astronaut's suit; with MODNet's names and its scale of -1..1."""
    weights = numpy_helper.from_array(np.array([12, -6, -12], np.float32).reshape(1, 3, 1, 1), "w")
    nodes = [helper.make_node("Conv", ["input", "w"], ["x"]), helper.make_node("Sigmoid", ["x"], ["output"])]
    given = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("input", "other")[:inputs]]
    alpha = helper.make_tensor_value_info("output", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "orange", given, [alpha], [weights])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    return path


def adopt(*words: object) -> int:
    return cli.main(["adopt", *map(str, words)])


def test_an_adopted_network_cuts_photos(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = network(tmp_path / "orange.onnx", ["batch", 3, "height", "width"])
    assert adopt(file, tmp_path / "mine", "--size", 256) == 0
    assert "look at" in capsys.readouterr().out
    model = load_model(tmp_path / "mine")
    assert (model.name, model.input.height, model.input.width, model.input.layout) == ("orange", 256, 256, "NCHW")
    file.unlink()  # the folder is whole without it
    words = ["cut", str(ASTRONAUT), "--out", str(tmp_path / "out"), "--model", str(tmp_path / "mine")]
    assert cli.main([*words, "--mask", "--engine", "cpu"]) == 0
    alpha = np.asarray(Image.open(tmp_path / "out" / "astronaut.alpha.png"))
    assert alpha[300, 100] > 200 > 50 > alpha[60, 300]  # suit, wall
    assert 0.2 < np.asarray(Image.open(tmp_path / "mine" / "trial.png")).mean() / 255 < 0.8


def test_numbers_of_another_network_are_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = network(tmp_path / "orange.onnx", [1, 3, 64, 64])
    assert adopt(file, tmp_path / "mine", "--std", 100000) == 0  # half everywhere: no more can be said
    assert adopt(file, tmp_path / "mine", "--mean", 127.5, 255, 255) == 1
    assert "--mean" in capsys.readouterr().out


def test_our_own_network_is_one_that_can_be_adopted(tmp_path: Path) -> None:
    assert adopt(default_model_dir() / "portrait.onnx", tmp_path / "again") == 0


@pytest.mark.parametrize(
    ("shape", "inputs", "words", "code", "told"),
    [
        ([1, 1, 64, 64], 1, (), 20, "not one RGB picture"),
        ([1, 3, 64, 64], 2, (), 20, "one RGB picture is what it may have"),
        ([1, 3, 64, 64], 1, ("--size", 128), 2, "leave --size away"),
        ([1, 3, 64, 64], 1, ("--output", "alpha"), 20, "has no output alpha, only output"),
        ([1, 3, 64, 64], 1, ("--mean", 1, 2), 2, "one number or three"),
        ([1, 3, 64, 64], 1, ("--std", 0), 2, "one number or three"),
    ],
)
def test_what_cannot_be_adopted_is_told(
    shape: list[int | str], inputs: int, words: tuple[object, ...], code: int, told: str, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    file = network(tmp_path / "n.onnx", shape, inputs)
    assert adopt(file, tmp_path / "mine", *words) == code
    assert told in capsys.readouterr().err
    assert not (tmp_path / "mine" / "model.toml").exists()


def test_a_file_that_is_no_onnx_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "n.onnx").write_bytes(b"garbage")
    assert adopt(tmp_path / "n.onnx", tmp_path / "mine") == 20
    assert adopt(tmp_path / "absent.onnx", tmp_path / "mine") == 20
    assert "cannot be read" in capsys.readouterr().err
