"""The network typed in fp16: what the onnx package and ONNX Runtime say of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from edge.engine.tensorrt.onnx_batch import with_batch
from edge.engine.tensorrt.onnx_half import IN_FLOAT, in_half
from matting.errors import ModelError
from matting.model import default_model_dir, load_model
from scripts.measure.half_precision import LEAST, nearness

SHAPE = [1, 3, 8, 8]


@pytest.fixture(scope="module")
def portrait() -> bytes:
    return load_model(default_model_dir()).file("onnx").read_bytes()


def model(nodes: list[onnx.NodeProto], weights: dict[str, np.ndarray], outputs: tuple[str, ...] = ("output",)) -> bytes:
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, SHAPE) for name in ("input", *outputs)]
    tensors = [numpy_helper.from_array(numbers, name) for name, numbers in weights.items()]
    graph = helper.make_graph(nodes, "one", values[:1], values[1:], tensors)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    made.ir_version = 8
    return bytes(made.SerializeToString())


def ran(data: bytes, given: np.ndarray) -> list[np.ndarray]:
    found: list[np.ndarray] = onnxruntime.InferenceSession(data).run(None, {"input": given})
    return found


def types(data: bytes) -> dict[str, int]:
    """Of every tensor in the network, as the onnx package infers them."""
    inferred = onnx.shape_inference.infer_shapes(onnx.load_from_string(data), check_type=True, strict_mode=True)
    values = [*inferred.graph.value_info, *inferred.graph.input, *inferred.graph.output]
    return {value.name: value.type.tensor_type.elem_type for value in values}


def test_real_photos_have_the_alpha_of_fp32() -> None:
    photos = [path.read_bytes() for path in sorted((default_model_dir() / "trial").glob("*.jpg"))]
    assert min(nearness(default_model_dir(), photos)) >= LEAST


@pytest.mark.parametrize("batch", [1, 4])
def test_it_is_a_valid_network_in_fp16_but_for_its_sums(portrait: bytes, batch: int) -> None:
    half = onnx.load_from_string(with_batch(in_half(portrait), batch))
    onnx.checker.check_model(half, full_check=True)
    assert [value.type.tensor_type.elem_type for value in (*half.graph.input, *half.graph.output)] == [TensorProto.FLOAT] * 2
    found = types(half.SerializeToString())
    wide = {name for node in half.graph.node if node.op_type in IN_FLOAT for name in (*node.input, *node.output)}
    assert {name for name, kind in found.items() if kind == TensorProto.FLOAT} == wide | {"input", "output"} | sizes(half)
    assert 6_000_000 < len(half.SerializeToString()) < 7_500_000


def sizes(network: onnx.ModelProto) -> set[str]:
    return {name for node in network.graph.node if node.op_type == "Resize" for name in node.input[1:] if name}


def test_a_sum_over_a_picture_does_not_overflow() -> None:
    data = model(
        [helper.make_node("ReduceSum", ["input"], ["sum"], keepdims=1), helper.make_node("Mul", ["sum", "small"], ["output"])],
        {"small": np.array(0.5, np.float32)},
    )
    assert onnx.load_from_string(in_half(data)).graph.node[1].op_type == "Cast"
    given = np.full(SHAPE, 300, np.float32)  # 57,600 in all, and 48,000 of them are past what fp16 counts in ones
    given[0, 0, 0, 0] = 301
    np.testing.assert_allclose(ran(in_half(data), given)[0].ravel()[0], 0.5 * given.sum(), rtol=2**-11)


def test_an_output_that_the_network_reads_itself_and_a_second_one() -> None:
    data = model(
        [
            helper.make_node("Sigmoid", ["input"], ["first"]),
            helper.make_node("Mul", ["first", "two"], ["second"]),
            helper.make_node("Add", ["second", "input"], ["third"]),
        ],
        {"two": np.full(SHAPE, 2, np.float32)},
        ("first", "second", "third"),
    )
    onnx.checker.check_model(onnx.load_from_string(in_half(data)), full_check=True)
    given = np.random.default_rng(1).normal(size=SHAPE).astype(np.float32)
    for half, exact in zip(ran(in_half(data), given), ran(data, given), strict=True):
        np.testing.assert_allclose(half, exact, atol=4e-3)


def test_limits_and_epsilons_keep_their_meaning() -> None:
    data = model(
        [
            helper.make_node("Clip", ["input", "least", "most"], ["clipped"]),
            helper.make_node("Sub", ["clipped", "clipped"], ["nothing"]),
            helper.make_node("Add", ["nothing", "epsilon"], ["divisor"]),
            helper.make_node("Div", ["nothing", "divisor"], ["output"]),
        ],
        {"least": np.array(0, np.float32), "most": np.array(3e38, np.float32), "epsilon": np.array(1e-12, np.float32)},
    )
    assert np.array_equal(ran(in_half(data), np.ones(SHAPE, np.float32))[0], np.zeros(SHAPE))


def branch() -> bytes:
    then = helper.make_graph([], "then", [], [helper.make_tensor_value_info("input", TensorProto.FLOAT, SHAPE)])
    return model([helper.make_node("If", ["yes"], ["output"], then_branch=then, else_branch=then)], {"yes": np.array(True)})


def outside() -> bytes:
    network = onnx.load_from_string(
        model([helper.make_node("Add", ["input", "w"], ["output"])], {"w": np.ones(3, np.float32)})
    )
    network.graph.initializer[0].data_location = TensorProto.EXTERNAL
    return bytes(network.SerializeToString())


def quantised() -> bytes:
    return load_model(default_model_dir()).file("int8").read_bytes()


@pytest.mark.parametrize(
    ("made", "words"), [(branch, "branch"), (outside, "file of their own"), (quantised, "quantised"), (bytes, "no graph")]
)
def test_what_cannot_be_put_so_is_told_with_the_way_out(made: Callable[[], bytes], words: str) -> None:
    with pytest.raises(ModelError, match=rf'{words}.*precision = "fp32"'):
        in_half(made())


def test_a_file_that_is_cut_short_or_no_network_is_refused(portrait: bytes, tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    for data in (portrait[:-7], portrait[:100], random.bytes(500), b"\x3a" * 40, b"\x3a\x05hello"):
        with pytest.raises(ModelError):
            in_half(data)
        with pytest.raises(ModelError):
            with_batch(data, 4)
