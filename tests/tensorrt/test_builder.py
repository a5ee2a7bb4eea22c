"""Our networks through a real ONNX parser and builder of the TensorRT family. TensorRT-RTX, not Orin."""

from __future__ import annotations

import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from onnx import TensorProto, helper

from edge.config.types import Precision
from edge.engine.tensorrt.plan import BuildPlan, Built
from matting.errors import ModelError
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


@pytest.mark.parametrize(("batch", "most"), [(1, 9_000_000), (4, 12_000_000)])
def test_our_network_builds_in_half_precision(portrait: bytes, batch: int, most: int) -> None:
    built = build(portrait, replace(PLAN, precision="fp16", batch=batch), b"", carry_on)
    assert built is not None
    assert 6_000_000 < len(built.engine) < most  # well below fp32's: its weights take half


@pytest.mark.parametrize(("precision", "flags"), [("fp32", []), ("fp16", ["FP16"]), ("int8", ["FP16", "INT8"])])
def test_where_types_are_no_matter_of_the_network_the_flags_say_the_precision(
    portrait: bytes, monkeypatch: pytest.MonkeyPatch, precision: Precision, flags: list[str]
) -> None:
    """TensorRT 8.6: it cannot be had here, so its flags are noted and TensorRT-RTX builds without them."""
    noted: list[str] = []
    networks: list[int] = []

    class Older(SimpleNamespace):
        def create_network(self, kinds: int) -> Any:
            networks.append(kinds)
            self.network = self.real.create_network(0)
            return self.network

        def create_builder_config(self) -> Any:
            return Noting(self.real.create_builder_config())

        def build_serialized_network(self, network: Any, config: Any) -> Any:
            return self.real.build_serialized_network(network, config.real)

    class Noting:
        def __init__(self, real: Any) -> None:
            object.__setattr__(self, "real", real)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.real, name)

        def __setattr__(self, name: str, value: Any) -> None:
            setattr(self.real, name, value)

        def set_flag(self, flag: str) -> None:
            noted.append(flag)

    monkeypatch.setattr(TRT, "BuilderFlag", names(FP16="FP16", INT8="INT8"))
    monkeypatch.setattr(TRT, "NetworkDefinitionCreationFlag", names(EXPLICIT_BATCH=0))
    monkeypatch.setattr(TRT, "Builder", lambda words, real=TRT.Builder: Older(real=real(words)))
    built = build(portrait, replace(PLAN, precision=precision), b"", carry_on)
    assert (noted, networks) == (flags, [1])
    assert built is not None
    assert len(built.engine) > 10_000_000  # the weights went in as they are


def names(**members: Any) -> SimpleNamespace:
    """An enumeration of TensorRT, as far as the builder asks it."""
    return SimpleNamespace(**members, __members__=members)


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


def test_our_int8_network_builds_too() -> None:
    network = load_model(default_model_dir()).file("int8").read_bytes()
    for batch in (1, 4):
        built = build(network, BuildPlan("int8", batch, 256 << 20, 256 << 20), b"", carry_on)
        assert isinstance(built, Built)
        assert len(built.engine) > 1_000_000
