"""The same ONNX network, typed in fp16: what a strongly typed TensorRT builds, which takes the precision from the network.

Weights and everything between the layers become fp16. The input and the output stay in fp32, with a Cast behind and before
them; so do operators that add up a whole picture or are steep (`IN_FLOAT`), each between two Casts. On boards the onnx package
is missing on purpose (see `protobuf`).

Source: onnx.proto3 of ONNX 1.16 for the field numbers, its operators' documents for which types they take.
"""

from __future__ import annotations

from collections.abc import Sequence

from edge.engine.tensorrt.onnx_tensor import FLOAT, HALF, halved
from edge.engine.tensorrt.protobuf import VARINT, Field, all_of, first, inner, read, text, write
from matting.errors import ModelError

# How many of their inputs, from the first on, are numbers in the network's precision.
IN_FLOAT = {
    **dict.fromkeys(("GlobalAveragePool", "ReduceMean", "ReduceSum", "ReduceSumSquare", "ReduceL2"), 1),
    **dict.fromkeys(("Softmax", "LogSoftmax", "Sigmoid", "Exp", "Log"), 1),
    **dict.fromkeys(("InstanceNormalization", "LayerNormalization"), 3),
}
# Inputs that are fp32 whatever the others are: where a picture's new size stands.
_ALWAYS_FLOAT = {"Resize": (1, 2), "Upsample": (1,)}
_QUANTISED = ("QuantizeLinear", "DequantizeLinear")

_MODEL_GRAPH = 7
_NODE, _INITIALIZER, _INPUT, _OUTPUT, _VALUE_INFO = 1, 5, 11, 12, 13  # of a graph
_NODE_INPUT, _NODE_OUTPUT, _NODE_NAME, _NODE_KIND, _NODE_ATTRIBUTE = 1, 2, 3, 4, 5
_ATTRIBUTE_NAME, _ATTRIBUTE_FLOAT, _ATTRIBUTE_INT, _ATTRIBUTE_TENSOR, _ATTRIBUTE_GRAPH, _ATTRIBUTE_TYPE = 1, 2, 3, 5, 6, 20
_TENSOR_NAME = 8


def in_half(onnx: bytes) -> bytes:
    """The network in fp16, with its input and output in fp32 as before.

    Raises:
        ModelError: no ONNX file, or one that cannot be put so: it has branches, loops, int8, weights in files of their own.
    """
    try:
        model = read(onnx)
        graph = first(model, _MODEL_GRAPH)
        if graph is None:
            raise ValueError("it has no graph")
        changed = {_MODEL_GRAPH: inner(_MODEL_GRAPH, _Half(read(graph.data)).graph())}
        return write(changed.get(field.number, field) for field in model)
    except ValueError as error:
        raise ModelError(f'the network cannot be put into fp16 ({error}): precision = "fp32" takes it as it is') from error


class _Half:
    """One graph on its way. float_inputs, float_outputs: names of the graph's own that stay in fp32."""

    def __init__(self, graph: Sequence[Field]) -> None:
        self._graph = graph
        weights = {_named(each, _TENSOR_NAME) for each in all_of(graph, _INITIALIZER)}
        self._float_inputs = [name for name in _floats(all_of(graph, _INPUT)) if name not in weights]
        self._float_outputs = set(_floats(all_of(graph, _OUTPUT)))
        self._kept = _kept(graph)
        self._nodes: list[Field] = []

    def graph(self) -> list[Field]:
        """Its fields, the nodes in an order in which they can run."""
        for name in self._float_inputs:
            self._cast(name, _half(name), HALF)
        for node in all_of(self._graph, _NODE):
            self._add(read(node.data))
        weights = [
            field if _named(field, _TENSOR_NAME) in self._kept else inner(_INITIALIZER, halved(read(field.data)))
            for field in all_of(self._graph, _INITIALIZER)
        ]
        # What is told of the tensors between the nodes would be of another type now.
        gone = (_NODE, _INITIALIZER, _VALUE_INFO)
        return [*self._nodes, *weights, *(field for field in self._graph if field.number not in gone)]

    def _add(self, node: list[Field]) -> None:
        kind = _of(node, _NODE_KIND)
        outputs = [field.text for field in all_of(node, _NODE_OUTPUT)]
        inputs = [self._current(field.text) for field in all_of(node, _NODE_INPUT)]
        if kind in _QUANTISED:
            raise ValueError("it is quantised already")
        if kind in IN_FLOAT:
            self._add_in_float(node, inputs, outputs, IN_FLOAT[kind])
            return
        if not set(outputs) <= self._kept:
            node = _attributes_in_half(node, kind)
        results = [_half(name) if name in self._float_outputs else name for name in outputs]
        self._append(node, inputs, results)
        for name, result in zip(outputs, results, strict=True):
            if name != result:
                self._cast(result, name, FLOAT)

    def _add_in_float(self, node: list[Field], inputs: list[str], outputs: list[str], count: int) -> None:
        given = [f"{outputs[0]}/of/{index}" if index < count else name for index, name in enumerate(inputs)]
        for name, wide in list(zip(inputs, given, strict=True))[:count]:
            self._cast(name, wide, FLOAT)
        results = [name if name in self._float_outputs else f"{name}/float" for name in outputs]
        self._append(node, given, results)
        for name, result in zip(outputs, results, strict=True):
            self._cast(result, _half(name) if name in self._float_outputs else name, HALF)

    def _current(self, name: str) -> str:
        """What a node reads where it read `name`."""
        return _half(name) if name in self._float_inputs or name in self._float_outputs else name

    def _append(self, node: Sequence[Field], inputs: list[str], outputs: list[str]) -> None:
        rest = [field for field in node if field.number not in (_NODE_INPUT, _NODE_OUTPUT)]
        names = [*(text(_NODE_INPUT, name) for name in inputs), *(text(_NODE_OUTPUT, name) for name in outputs)]
        self._nodes.append(inner(_NODE, [*names, *rest]))

    def _cast(self, source: str, target: str, kind: int) -> None:
        to = inner(
            _NODE_ATTRIBUTE,
            [text(_ATTRIBUTE_NAME, "to"), Field(_ATTRIBUTE_INT, VARINT, kind), Field(_ATTRIBUTE_TYPE, VARINT, 2)],
        )
        self._append([text(_NODE_NAME, f"{target}/cast"), text(_NODE_KIND, "Cast"), to], [source], [target])


def _half(name: str) -> str:
    return f"{name}/half"


def _named(field: Field, number: int) -> str:
    return _of(read(field.data), number)


def _of(fields: Sequence[Field], number: int) -> str:
    found = first(fields, number)
    return "" if found is None else found.text


def _floats(values: Sequence[Field]) -> list[str]:
    """Names of the graph's inputs or outputs in fp32: name / type / tensor_type / elem_type."""
    names = []
    for value in values:
        fields = read(value.data)
        tensor = first(fields, 2)
        for number in (1, 1):
            tensor = None if tensor is None else first(read(tensor.data), number)
        if tensor is not None and tensor.value == FLOAT:
            names.append(_of(fields, 1))
    return names


def _kept(graph: Sequence[Field]) -> set[str]:
    """Tensors that stay in fp32 for those who read them."""
    kept: set[str] = set()
    others: set[str] = set()
    for field in all_of(graph, _NODE):
        node = read(field.data)
        always = _ALWAYS_FLOAT.get(_of(node, _NODE_KIND), ())
        for index, name in enumerate(each.text for each in all_of(node, _NODE_INPUT)):
            (kept if index in always else others).add(name)
    if both := (kept & others) - {""}:
        raise ValueError(f"{min(both)} is a size for one operator and a number for another")
    return kept


def _attributes_in_half(node: list[Field], kind: str) -> list[Field]:
    """Constants, and casts to fp32, become fp16."""
    return [_attribute(read(field.data), kind) if field.number == _NODE_ATTRIBUTE else field for field in node]


def _attribute(fields: list[Field], kind: str) -> Field:
    name = _of(fields, _ATTRIBUTE_NAME)
    if first(fields, _ATTRIBUTE_GRAPH) is not None:
        raise ValueError(f"{kind} has a branch or a loop")
    if kind == "Constant" and first(fields, _ATTRIBUTE_FLOAT) is not None:
        raise ValueError("a constant that is no tensor")
    if kind == "Cast" and name == "to":
        fields = [
            Field(_ATTRIBUTE_INT, VARINT, HALF) if (each.number, each.value) == (_ATTRIBUTE_INT, FLOAT) else each
            for each in fields
        ]
    return inner(
        _NODE_ATTRIBUTE,
        [inner(_ATTRIBUTE_TENSOR, halved(read(each.data))) if each.number == _ATTRIBUTE_TENSOR else each for each in fields],
    )
