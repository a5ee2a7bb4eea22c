"""The network keeps its contract: size, shapes, range, plain operations, and the export computes the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from scripts.training.network import (  # noqa: E402
    MAX_PARAMETERS,
    SIDE,
    Edges,
    Encoder,
    MattingNetwork,
    parameter_count,
)
from scripts.training.steps import widen  # noqa: E402


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


def test_the_weights_of_narrower_edges_answer_as_before(network: MattingNetwork) -> None:
    """And the further channels learn: their weights in the answer have a gradient."""
    torch.manual_seed(1)
    narrow = MattingNetwork()
    narrow.edges = Edges(32, 16)
    wide = MattingNetwork()
    widen.load(wide, narrow.state_dict())
    photo = torch.randn(1, 3, 64, 96)
    with torch.no_grad():
        torch.testing.assert_close(wide(photo), narrow(photo), rtol=0, atol=1e-6)
    wide.logits(photo)[0].sum().backward()
    further = wide.edges.alpha.weight.grad
    assert further is not None and float(further[:, 16:].abs().min()) > 0
    with pytest.raises(ValueError, match="does not fit"):
        widen.load(narrow, wide.state_dict())
    with pytest.raises(ValueError, match="another network"):
        widen.load(wide, {})


def test_the_published_weights_answer_as_their_own_file_does() -> None:
    published = Path("models/portrait/portrait.pt")
    network, photo = MattingNetwork().eval(), torch.rand(1, 3, SIDE, SIDE) * 2 - 1
    own = torch.jit.load(published)
    widen.load(network, own.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(network(photo), own(photo), rtol=0, atol=1e-5)


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
