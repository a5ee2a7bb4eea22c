"""One ONNX tensor of fp32 numbers, in fp16.

Source: TensorProto in onnx.proto3 of ONNX 1.16.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edge.engine.tensorrt.protobuf import FIXED32, LENGTH, VARINT, Field, all_of, first

DATA_TYPE, _FLOAT_DATA, _RAW_DATA, _LOCATION = 2, 4, 9, 14
FLOAT, HALF = 1, 10  # values of DATA_TYPE
_LARGEST, _SMALLEST = np.float32(65504), np.float32(2.0**-24)


def halved(tensor: Sequence[Field]) -> list[Field]:
    """The fields of the tensor in fp16; of another type than fp32, as they are.

    What is too large becomes the largest number, what is too small the smallest: a limit stays one, an epsilon keeps a
    division from one by 0.

    Raises:
        ValueError: its numbers lie in another file.
    """
    kind = first(tensor, DATA_TYPE)
    if kind is None or kind.value != FLOAT:
        return list(tensor)
    where = first(tensor, _LOCATION)
    if where is not None and where.value != 0:
        raise ValueError("its weights lie in a file of their own")
    numbers = np.frombuffer(_data(tensor), "<f4")
    finite = np.clip(numbers, -_LARGEST, _LARGEST)
    small = (finite != 0) & (np.abs(finite) < _SMALLEST)
    half = np.where(small, np.copysign(_SMALLEST, finite), finite).astype("<f2")
    gone = (DATA_TYPE, _FLOAT_DATA, _RAW_DATA)
    rest = [field for field in tensor if field.number not in gone]
    return [*rest, Field(DATA_TYPE, VARINT, HALF), Field(_RAW_DATA, LENGTH, half.tobytes())]


def _data(tensor: Sequence[Field]) -> bytes:
    """The numbers, wherever the format keeps them."""
    raw = first(tensor, _RAW_DATA)
    if raw is not None:
        return raw.data
    return b"".join(field.data for field in all_of(tensor, _FLOAT_DATA) if field.kind in (LENGTH, FIXED32))
