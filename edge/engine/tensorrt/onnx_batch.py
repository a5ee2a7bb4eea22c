"""The same ONNX network for several photos at once.

The network is exported for one photo, as fixed shapes are what every TensorRT handles best. Its operators do not depend
on the batch, so an engine for more photos needs nothing but another number in the input's and the output's shape.

Format: onnx.proto3 of ONNX 1.16 for the field numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

from edge.engine.tensorrt.protobuf import VARINT, Field, first, inner, read, write
from matting.errors import ModelError

_GRAPH, _INPUT, _OUTPUT = 7, 11, 12
# From an input or output to its dimensions: type / tensor_type / shape.
_TO_DIMENSIONS = (2, 1, 2)
_DIMENSION, _DIM_VALUE = 1, 1


def with_batch(onnx: bytes, batch: int) -> bytes:
    """The network with `batch` photos in each input and output in place of one.

    Raises:
        ModelError: no ONNX file, or its first dimension is not a fixed 1.
    """
    if batch == 1:
        return onnx
    try:
        model = read(onnx)
        if first(model, _GRAPH) is None:
            raise ValueError("no graph")
        return write(_graph(field, batch) if field.number == _GRAPH else field for field in model)
    except ValueError as error:
        raise ModelError(f"the network cannot be given a batch of {batch}: it is no ONNX file with fixed shapes") from error


def _graph(graph: Field, batch: int) -> Field:
    fields = [
        _changed(field, _TO_DIMENSIONS, batch) if field.number in (_INPUT, _OUTPUT) else field for field in read(graph.data)
    ]
    return inner(_GRAPH, fields)


def _changed(field: Field, way: Sequence[int], batch: int) -> Field:
    """The field, with another number where the way through its messages ends, and in the first dimension there."""
    fields = read(field.data)
    number = way[0] if way else _DIMENSION
    at = next((index for index, each in enumerate(fields) if each.number == number), None)
    if at is None:
        raise ValueError("no fixed shape")
    fields[at] = _changed(fields[at], way[1:], batch) if way else _dimension(fields[at], batch)
    return inner(field.number, fields)


def _dimension(field: Field, batch: int) -> Field:
    length = first(read(field.data), _DIM_VALUE)
    if length is None:
        raise ValueError("no fixed shape")
    if length.value != 1:
        raise ModelError("the network's batch is not 1: only a network for one photo can be built for several")
    return inner(field.number, [Field(_DIM_VALUE, VARINT, batch)])
