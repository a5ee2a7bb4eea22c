"""The network keeps its contract: size, shapes, range, plain operations, and the export computes the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from scripts.training.network import MAX_PARAMETERS, SIDE, Encoder, MattingNetwork, parameter_count  # noqa: E402


@pytest.fixture(scope="module")
def network() -> MattingNetwork:
    torch.manual_seed(0)
    return MattingNetwork().eval()


def test_stays_under_the_parameter_cap(network: MattingNetwork) -> None:
    assert parameter_count(network) <= MAX_PARAMETERS


def test_alpha_has_the_photos_size_and_lies_between_0_and_1(network: MattingNetwork) -> None:
    with torch.no_grad():
        alpha = network(torch.randn(2, 3, 64, 96) * 3)
    assert alpha.shape == (2, 1, 64, 96)
    assert float(alpha.min()) >= 0 and float(alpha.max()) <= 1


def test_encoder_gives_features_at_every_stride() -> None:
    with torch.no_grad():
        features = Encoder()(torch.zeros(1, 3, 64, 64))
    assert [tuple(f.shape[1:]) for f in features] == [(16, 32, 32), (24, 16, 16), (32, 8, 8), (96, 4, 4), (1280, 2, 2)]


def test_has_no_norms(network: MattingNetwork) -> None:
    assert not [m for m in network.modules() if "Norm" in type(m).__name__]


def test_every_parameter_takes_part(network: MattingNetwork) -> None:
    logits, meaning = network.logits(torch.randn(1, 3, 64, 64))
    torch.autograd.backward(logits.sum() + meaning.sum())
    idle = [name for name, p in network.named_parameters() if p.grad is None]
    network.zero_grad()
    assert idle == []


def test_export_is_plain_small_and_computes_the_same(network: MattingNetwork, tmp_path: Path) -> None:
    onnx, onnxruntime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    export = pytest.importorskip("scripts.training.steps.export")
    path = tmp_path / "network.onnx"
    export.write_onnx(network, path)
    assert path.stat().st_size <= 17.2e6
    model = onnx.load(str(path))
    assert {n.op_type for n in model.graph.node} <= export.ALLOWED
    assert [o.version for o in model.opset_import if o.domain == ""] == [17]
    shapes = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in (*model.graph.input, *model.graph.output)}
    assert shapes == {"input": [1, 3, SIDE, SIDE], "output": [1, 1, SIDE, SIDE]}
    photo = np.random.default_rng(0).uniform(-1, 1, (1, 3, SIDE, SIDE)).astype(np.float32)
    (alpha,) = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(None, {"input": photo})
    with torch.no_grad():
        own = network(torch.from_numpy(photo)).numpy()
    np.testing.assert_allclose(alpha, own, atol=1e-4)
