"""`import tensorrt` in a child of the tests: TensorRT-RTX in its place, which tests/tensorrt/rtx.py puts there."""

import warnings

from tests.tensorrt import rtx  # noqa: F401

warnings.filterwarnings("ignore", ".*no-ops in TensorRT-RTX", DeprecationWarning)
