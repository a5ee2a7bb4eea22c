"""The same ONNX network for several photos at once.

The network is exported for one photo, as fixed shapes are what every TensorRT handles best. Its operators do not depend
on the batch, so an engine for more photos needs nothing but another number in the input's and the output's shape. That
one byte is set here, rather than bringing the onnx package (60 MB with its dependencies) to every board.

Format: the Protocol Buffers wire format, and onnx.proto3 of ONNX 1.16 for the field numbers.
"""

from __future__ import annotations

from collections.abc import Iterator

from matting.errors import ModelError

# Fields on the way to the first dimension: graph / input or output / type / tensor_type / shape / dim / dim_value.
_GRAPH, _INPUT, _OUTPUT = 7, 11, 12
_TO_DIMENSIONS = (2, 1, 2)
_DIMENSION, _DIM_VALUE = 1, 1


def with_batch(onnx: bytes, batch: int) -> bytes:
    """The network with `batch` (1..127) photos in each input and output in place of one.

    Raises:
        ModelError: no ONNX file, or its first dimension is not a fixed 1.
    """
    if batch == 1:
        return onnx
    changed = bytearray(onnx)
    try:
        for graph in _field(onnx, (0, len(onnx)), _GRAPH):
            for value in [*_field(onnx, graph, _INPUT), *_field(onnx, graph, _OUTPUT)]:
                changed[_batch_position(onnx, value)] = batch
    except (IndexError, StopIteration) as error:
        raise ModelError(f"the network cannot be given a batch of {batch}: it is no ONNX file with fixed shapes") from error
    if changed == onnx:
        raise ModelError(f"the network cannot be given a batch of {batch}: it is no ONNX file")
    return bytes(changed)


def _batch_position(data: bytes, value: tuple[int, int]) -> int:
    """Where the number of photos stands in a ValueInfoProto: one byte, as it is a 1."""
    for number in _TO_DIMENSIONS:
        value = next(_field(data, value, number))
    start, end = next(_field(data, next(_field(data, value, _DIMENSION)), _DIM_VALUE))
    if data[start:end] != b"\x01":
        raise ModelError("the network's batch is not 1: only a network for one photo can be built for several")
    return start


def _field(data: bytes, span: tuple[int, int], number: int) -> Iterator[tuple[int, int]]:
    """Where the contents of each field of that number lie, in the message that fills `span`."""
    position, end = span
    while position < end:
        tag, position = _varint(data, position)
        kind, start = tag & 7, position
        if kind == 0:
            _, position = _varint(data, start)
        elif kind == 1:
            position = start + 8
        elif kind == 2:
            length, start = _varint(data, start)
            position = start + length
        elif kind == 5:
            position = start + 4
        else:
            raise IndexError(f"no field begins at byte {start}")
        if tag >> 3 == number:
            yield start, position


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """The number at `position`, seven bits a byte, lowest first; and the position after it."""
    number = shift = 0
    while True:
        byte = data[position]
        position += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, position
        shift += 7
