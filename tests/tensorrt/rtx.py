"""TensorRT-RTX in TensorRT's place: the same builder, parser and progress monitor, and they run without a GPU.

TensorRT-RTX, not Orin: it has another back end, builds for a desktop GPU and cannot run what it built without one.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

rtx = pytest.importorskip("tensorrt_rtx_bindings", reason="TensorRT-RTX is for Linux on x86-64 only")


def _builder(words: Any) -> Any:
    """Without a GPU there is none to build for: it must be told one (compute capability 8.6, Orin's nearest relative)."""
    builder = rtx.Builder(words)

    def create_builder_config() -> Any:
        config = builder.create_builder_config()
        config.num_compute_capabilities = 1
        config.set_compute_capability(rtx.ComputeCapability.SM86, 0)
        return config

    return SimpleNamespace(
        create_network=builder.create_network,
        create_builder_config=create_builder_config,
        build_serialized_network=builder.build_serialized_network,
    )


TRT = SimpleNamespace(**{name: getattr(rtx, name) for name in dir(rtx) if not name.startswith("_")} | {"Builder": _builder})
