"""The TensorFlow Lite operators that occur in the two face networks, each as ONNX nodes.

TensorFlow Lite lays pictures out as NHWC, ONNX as NCHW: a tensor of four axes is NCHW throughout the result, and is turned to
NHWC where its values are laid out anew. Source: TensorFlow Lite's schema.fbs and builtin_ops; ONNX's operators, opset 17.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
import tflite
from numpy.typing import NDArray
from onnx import helper, numpy_helper

_TYPES = {tflite.TensorType.FLOAT32: np.float32, tflite.TensorType.FLOAT16: np.float16, tflite.TensorType.INT32: np.int32}
_TO_NHWC, _TO_NCHW = [0, 2, 3, 1], [0, 3, 1, 2]


@dataclass
class Conversion:
    """One network on its way. weights: the values of those initializers that came out of the file, as TensorFlow has them."""

    model: tflite.Model
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    initializers: list[onnx.TensorProto] = field(default_factory=list)

    @property
    def graph(self) -> tflite.SubGraph:
        return self.model.Subgraphs(0)

    def shape(self, tensor: int) -> list[int]:
        """As TensorFlow has it."""
        return [int(length) for length in self.graph.Tensors(tensor).ShapeAsNumpy()]

    def name(self, tensor: int) -> str:
        return f"t{tensor}"

    def constant(self, tensor: int) -> NDArray[Any] | None:
        """The values of a tensor that is in the file, None of one that is computed."""
        found = self.graph.Tensors(tensor)
        data = self.model.Buffers(found.Buffer()).DataAsNumpy()
        if isinstance(data, int):
            return None
        return np.frombuffer(data.tobytes(), _TYPES[found.Type()]).reshape(self.shape(tensor))

    def weight(self, tensor: int, axes: list[int] | None = None) -> str:
        """The name of an initializer in float32, its axes in that order; float16 in the file stays so, behind a cast."""
        source, values = tensor, self.constant(tensor)
        if values is None:  # float16 behind a DEQUANTIZE
            source = next(op.Inputs(0) for op in self.operators() if op.Outputs(0) == tensor)
            values = self.constant(source)
        assert values is not None
        return self.initializer(f"w{tensor}", values if axes is None else values.transpose(axes))

    def initializer(self, name: str, values: NDArray[Any]) -> str:
        stored = f"{name}_half" if values.dtype == np.float16 else name
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(values), stored))
        if values.dtype == np.float16:
            self.add("Cast", [stored], [name], to=onnx.TensorProto.FLOAT)
        return name

    def add(self, kind: str, inputs: list[str], outputs: list[str], **attributes: Any) -> None:
        self.nodes.append(helper.make_node(kind, inputs, outputs, **attributes))

    def operators(self) -> list[tflite.Operator]:
        return [self.graph.Operators(index) for index in range(self.graph.OperatorsLength())]

    def kind(self, operator: tflite.Operator) -> int:
        code = self.model.OperatorCodes(operator.OpcodeIndex())
        return int(max(code.BuiltinCode(), code.DeprecatedBuiltinCode()))

    def options(self, operator: tflite.Operator, kind: type[Any]) -> Any:
        found = kind()
        table = operator.BuiltinOptions()
        found.Init(table.Bytes, table.Pos)
        return found


def _pads(padding: int, sizes: list[tuple[int, int, int]]) -> list[int]:
    """ONNX's pads for sizes (input, window, stride) of rows and columns: SAME gives the odd pixel to the end."""
    if padding == tflite.Padding.VALID:
        return [0, 0, 0, 0]
    whole = [max((-(-size // stride) - 1) * stride + window - size, 0) for size, window, stride in sizes]
    return [each // 2 for each in whole] + [each - each // 2 for each in whole]


def _activated(work: Conversion, name: str, activation: int) -> str:
    """The name that an operator's own output gets where an activation is fused to it."""
    if activation == tflite.ActivationFunctionType.NONE:
        return name
    assert activation == tflite.ActivationFunctionType.RELU, activation
    return f"{name}_linear"


def _activate(work: Conversion, name: str, activation: int) -> None:
    if activation == tflite.ActivationFunctionType.RELU:
        work.add("Relu", [f"{name}_linear"], [name])


def _convolution(work: Conversion, operator: tflite.Operator, *, depthwise: bool) -> None:
    options = work.options(operator, tflite.DepthwiseConv2DOptions if depthwise else tflite.Conv2DOptions)
    source, kernel, bias = (operator.Inputs(index) for index in range(3))
    height, width = work.shape(kernel)[1:3]
    strides = [options.StrideH(), options.StrideW()]
    sizes = [
        (size, window, stride) for size, window, stride in zip(work.shape(source)[1:3], (height, width), strides, strict=True)
    ]
    out, activation = work.name(operator.Outputs(0)), options.FusedActivationFunction()
    # Conv2D: OHWI -> OIHW. Depthwise: 1HW(C*M) -> (C*M)1HW, as many groups as there are channels.
    axes = [3, 0, 1, 2] if depthwise else [0, 3, 1, 2]
    work.add(
        "Conv",
        [work.name(source), work.weight(kernel, axes), work.weight(bias)],
        [_activated(work, out, activation)],
        kernel_shape=[height, width],
        strides=strides,
        pads=_pads(options.Padding(), sizes),
        group=work.shape(source)[3] if depthwise else 1,
    )
    _activate(work, out, activation)


def _conv(work: Conversion, operator: tflite.Operator) -> None:
    _convolution(work, operator, depthwise=False)


def _depthwise(work: Conversion, operator: tflite.Operator) -> None:
    _convolution(work, operator, depthwise=True)


def _max_pool(work: Conversion, operator: tflite.Operator) -> None:
    options = work.options(operator, tflite.Pool2DOptions)
    source = operator.Inputs(0)
    window, strides = [options.FilterHeight(), options.FilterWidth()], [options.StrideH(), options.StrideW()]
    sizes = [(*three,) for three in zip(work.shape(source)[1:3], window, strides, strict=True)]
    pads = _pads(options.Padding(), sizes)
    out = [work.name(operator.Outputs(0))]
    work.add("MaxPool", [work.name(source)], out, kernel_shape=window, strides=strides, pads=pads)


def _add(work: Conversion, operator: tflite.Operator) -> None:
    activation = work.options(operator, tflite.AddOptions).FusedActivationFunction()
    out = work.name(operator.Outputs(0))
    both = [work.name(operator.Inputs(index)) for index in range(2)]
    work.add("Add", both, [_activated(work, out, activation)])
    _activate(work, out, activation)


def _relu(work: Conversion, operator: tflite.Operator) -> None:
    work.add("Relu", [work.name(operator.Inputs(0))], [work.name(operator.Outputs(0))])


def _prelu(work: Conversion, operator: tflite.Operator) -> None:
    slope = work.weight(operator.Inputs(1), [2, 0, 1])  # 11C -> C11
    work.add("PRelu", [work.name(operator.Inputs(0)), slope], [work.name(operator.Outputs(0))])


def _pad(work: Conversion, operator: tflite.Operator) -> None:
    before_after = work.constant(operator.Inputs(1))
    assert before_after is not None
    pads = before_after[_TO_NCHW].T.reshape(-1).astype(np.int64)
    name = work.initializer(f"pads{operator.Outputs(0)}", pads)
    work.add("Pad", [work.name(operator.Inputs(0)), name], [work.name(operator.Outputs(0))])


def _reshape(work: Conversion, operator: tflite.Operator) -> None:
    source, out = operator.Inputs(0), operator.Outputs(0)
    name = work.name(source)
    if len(work.shape(source)) == 4:
        work.add("Transpose", [name], [f"{name}_nhwc"], perm=_TO_NHWC)
        name = f"{name}_nhwc"
    assert len(work.shape(out)) != 4
    shape = work.initializer(f"shape{out}", np.array(work.shape(out), np.int64))
    work.add("Reshape", [name, shape], [work.name(out)])


def _concatenation(work: Conversion, operator: tflite.Operator) -> None:
    axis = work.options(operator, tflite.ConcatenationOptions).Axis()
    out = operator.Outputs(0)
    if len(work.shape(out)) == 4:
        axis = _TO_NCHW.index(axis % 4)
    names = [work.name(operator.Inputs(index)) for index in range(operator.InputsLength())]
    work.add("Concat", names, [work.name(out)], axis=axis)


def _dequantize(work: Conversion, operator: tflite.Operator) -> None:
    """Only weights are kept in float16; `Conversion.weight` reads through it."""
    assert work.constant(operator.Inputs(0)) is not None


OPERATORS: dict[int, Callable[[Conversion, tflite.Operator], None]] = {
    tflite.BuiltinOperator.CONV_2D: _conv,
    tflite.BuiltinOperator.DEPTHWISE_CONV_2D: _depthwise,
    tflite.BuiltinOperator.MAX_POOL_2D: _max_pool,
    tflite.BuiltinOperator.ADD: _add,
    tflite.BuiltinOperator.RELU: _relu,
    tflite.BuiltinOperator.PRELU: _prelu,
    tflite.BuiltinOperator.PAD: _pad,
    tflite.BuiltinOperator.RESHAPE: _reshape,
    tflite.BuiltinOperator.CONCATENATION: _concatenation,
    tflite.BuiltinOperator.DEQUANTIZE: _dequantize,
}
