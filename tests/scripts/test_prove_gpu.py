"""The proof on a GPU, as far as it needs none: a borrowed card must not be wasted on one part that fails."""

from __future__ import annotations

import sys
from pathlib import Path
from unittest.mock import Mock

import pytest

from scripts.prove.gpu import __main__ as proof
from scripts.prove.gpu.setup import Section


def test_a_part_that_fails_costs_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = tmp_path / "gpu.md"

    def third() -> list[Section]:
        assert "Kernels, as found" in report.read_text()  # should this part take the process along, that stands
        return [Section("Times", ["Times, as found"])]

    found = {
        "Kernels": lambda: [Section("Kernels", ["Kernels, as found"])],
        "Cut-outs": Mock(side_effect=RuntimeError("the GPU is lost")),
        "Times": third,
    }
    monkeypatch.setattr(proof, "rehearsed", lambda threads: Mock(where="nothing"))
    monkeypatch.setattr(proof, "parts", lambda bench, arguments: found)
    monkeypatch.setattr(sys, "argv", ["gpu", "--rehearse", "--out", str(report)])
    assert proof.main() == 1
    text = report.read_text()
    assert "Cut-outs failed: RuntimeError('the GPU is lost')" in text
    assert text.index("Kernels, as found") < text.index("the GPU is lost") < text.index("Times, as found")
