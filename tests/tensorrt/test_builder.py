"""Our networks through a real ONNX parser and builder of the TensorRT family. TensorRT-RTX, not Orin."""

from __future__ import annotations

import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from edge.engine.tensorrt.plan import BuildPlan, Built
from matting.errors import ModelError, SettingsError
from matting.model import default_model_dir, load_model
from tests.tensorrt.rtx import TRT

with pytest.MonkeyPatch.context() as patch:  # for the builder alone: other libraries look for TensorRT as well
    patch.setitem(sys.modules, "tensorrt", TRT)
    from edge.engine.tensorrt.builder import build

# TensorRT-RTX keeps no timing cache, and says so as a warning where TensorRT takes it.
pytestmark = pytest.mark.filterwarnings("ignore:.*no-ops in TensorRT-RTX:DeprecationWarning")
PLAN = BuildPlan("fp32", 1, 256 << 20, 256 << 20)


@pytest.fixture(scope="module")
def portrait() -> bytes:
    return load_model(default_model_dir()).file("onnx").read_bytes()


def carry_on(fraction: float, phase: str) -> bool:
    return True


def network(operator: str, kind: int = TensorProto.FLOAT) -> bytes:
    """An ONNX file with that one operator."""
    shape = [1, 3, 8, 8]
    values = [helper.make_tensor_value_info(name, kind, shape) for name in ("input", "output")]
    graph = helper.make_graph([helper.make_node(operator, ["input"], ["output"])], "one", values[:1], values[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    return bytes(model.SerializeToString())


def in_half(data: bytes) -> bytes:
    """The network with every weight, input and output in fp16."""
    model = onnx.load_from_string(data)
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT:
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), tensor.name))
    for value in [*model.graph.input, *model.graph.output]:
        value.type.tensor_type.elem_type = TensorProto.FLOAT16
    del model.graph.value_info[:]
    return bytes(model.SerializeToString())


@pytest.mark.parametrize("batch", [1, 4])
def test_our_network_builds_and_tells_its_progress(portrait: bytes, batch: int) -> None:
    told: list[float] = []

    def on_progress(fraction: float, phase: str) -> bool:
        told.append(fraction)
        return True

    built = build(portrait, BuildPlan("fp32", batch, 256 << 20, 256 << 20), b"", on_progress)
    assert isinstance(built, Built)
    assert len(built.engine) > 10_000_000  # its weights are in it
    assert len(told) > 50
    assert told == sorted(told)
    assert 0 <= told[0] < 0.5 < told[-1] <= 1


def test_our_network_builds_in_half_precision(portrait: bytes) -> None:
    built = build(in_half(portrait), PLAN, b"", carry_on)
    assert built is not None
    assert 6_000_000 < len(built.engine) < 9_000_000  # half of what fp32 takes


def test_a_cancelled_build_ends_without_an_engine(portrait: bytes) -> None:
    calls = []

    def cancel(fraction: float, phase: str) -> bool:
        calls.append(fraction)
        return False

    assert build(portrait, PLAN, b"", cancel) is None
    assert len(calls) < 5  # it ended at once, not after the last step


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (network("NoSuchOperator"), "NoSuchOperator"),
        (b"garbage, not a network", "cannot use this network"),
        (b"", "cannot use this network"),
    ],
)
def test_what_tensorrt_cannot_parse_is_told_by_name(data: bytes, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        build(data, PLAN, b"", carry_on)


def test_a_network_cut_short_is_refused(portrait: bytes) -> None:
    with pytest.raises(ModelError):
        build(portrait[: len(portrait) // 2], PLAN, b"", carry_on)


def test_a_precision_that_this_release_cannot_build_is_told() -> None:
    with pytest.raises(SettingsError, match="cannot build fp16"):
        build(network("Relu"), BuildPlan("fp16", 1, 1 << 28, 1 << 28), b"", carry_on)


def test_our_int8_network_builds_too() -> None:
    """RTX takes the precision from the network alone; what must parse is the same for all."""
    network = load_model(default_model_dir()).file("int8").read_bytes()
    for batch in (1, 4):
        built = build(network, BuildPlan("fp32", batch, 256 << 20, 256 << 20), b"", carry_on)
        assert isinstance(built, Built)
        assert len(built.engine) > 1_000_000
