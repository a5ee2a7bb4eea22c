"""The network on the CPU, by onnxruntime."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

# Releases from 1.29 on report to their maker from Linux too. Nothing may leave this machine: read once, at import,
# under the one name or the other, these keep the reporter from being made at all.
os.environ["ORT_DISABLE_TELEMETRY"] = os.environ["ORT_TELEMETRY_DISABLED"] = "1"

import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from matting.engines.tensors import as_alpha, input_shape
from matting.errors import EngineError, ModelError, OutOfMemory
from matting.model import ModelSpec
from matting.out_of_memory import is_out_of_memory
from matting.photo import F32

ERRORS = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
    ort_errors.EPFail,
)


@dataclass(frozen=True, slots=True)
class Tensors:
    """What a network takes and gives. shape: of its one input, 0 where the file leaves it open; outputs: their names."""

    input: str
    shape: tuple[int, ...]
    outputs: tuple[str, ...]


def tensors(path: Path) -> Tensors:
    """Look into an ONNX file.

    Raises:
        ModelError: it is not to be read, not ONNX, or takes anything else than one input.
    """
    try:
        session = ort.InferenceSession(path.read_bytes(), _options(1), providers=["CPUExecutionProvider"])
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error
    except ERRORS as error:
        raise ModelError(f"{path} is not an ONNX that onnxruntime runs: {_first_line(error)}") from error
    given = session.get_inputs()
    if len(given) != 1:
        raise ModelError(
            f"{path} has the inputs {', '.join(entry.name for entry in given)}: one RGB picture is what it may have"
        )
    shape = tuple(length if isinstance(length, int) else 0 for length in given[0].shape)
    return Tensors(given[0].name, shape, tuple(entry.name for entry in session.get_outputs()))


def open_session(path: Path, threads: int) -> ort.InferenceSession:
    """The network in a file, ready to run on so many cores.

    Raises:
        EngineError: onnxruntime could not load it.
    """
    try:
        return ort.InferenceSession(str(path), _options(threads), providers=["CPUExecutionProvider"])
    except ERRORS as error:
        raise EngineError(f"onnxruntime cannot load {path}: {_first_line(error)}") from error


class OnnxCpuEngine:
    """One onnxruntime session. `infer` may be called from several threads at once; each call uses `threads` cores."""

    def __init__(self, model: ModelSpec, *, threads: int, form: str = "onnx") -> None:
        """form: of the model's files, "onnx" (fp32) or "int8".

        Raises:
            ModelError: the file is bad, or its inputs and outputs are not those of model.toml.
            EngineError: onnxruntime could not load it.
        """
        self._session: ort.InferenceSession | None = open_session(model.file(form), threads)
        _check_contract(self._session, model)
        self._input, self._output = model.input.name, model.output
        self._shape = input_shape(model)
        self._size = (model.input.height, model.input.width)
        self.name = f"cpu ({model.name} {model.version}, {'fp32' if form == 'onnx' else form})"

    def infer(self, tensor: F32) -> F32:
        """See `Engine.infer`."""
        session = self._session
        if session is None:
            raise EngineError("the CPU engine is closed")
        if tensor.shape != self._shape:
            raise EngineError(f"the network takes {self._shape}, not {tensor.shape}")
        try:
            (output,) = session.run([self._output], {self._input: tensor})
        except ERRORS as error:
            if is_out_of_memory(error):
                raise OutOfMemory("too little memory is left to run the network") from error
            raise EngineError(f"onnxruntime failed: {_first_line(error)}") from error
        return as_alpha(np.asarray(output), self._size)

    def close(self) -> None:
        """See `Engine.close`; calls that run in other threads come to their end."""
        self._session = None


def _options(threads: int) -> ort.SessionOptions:
    """Sequential and without spinning: spinning threads take 1.3 to 1.7 times as long beside any other load. The arena
    stays on, since without it a run takes 1.5 times as long for 45 to 97 MB less."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return options


def _check_contract(session: ort.InferenceSession, model: ModelSpec) -> None:
    """Compare names and shapes; a free dimension (a name or None) fits any number."""
    inputs = {entry.name: list(entry.shape) for entry in session.get_inputs()}
    outputs = [entry.name for entry in session.get_outputs()]
    expected = list(input_shape(model))
    found = inputs.get(model.input.name)
    fits = (
        found is not None
        and len(found) == 4
        and all(have == want for have, want in zip(found, expected, strict=True) if isinstance(have, int))
    )
    if len(inputs) != 1 or not fits:
        raise ModelError(f"model {model.name}: expected the input {model.input.name} {expected}, found {inputs}")
    if model.output not in outputs:
        raise ModelError(f"model {model.name}: expected the output {model.output}, found {', '.join(outputs)}")


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
