"""`import tensorrt` in a child of the tests: TensorRT-RTX in its place (see tests/tensorrt/rtx.py)."""

import sys
import warnings

from tests.tensorrt.rtx import TRT

warnings.filterwarnings("ignore", ".*no-ops in TensorRT-RTX", DeprecationWarning)
sys.modules[__name__] = TRT
