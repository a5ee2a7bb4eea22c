"""The kernels' parameters, read from their sources: what a reference must take, and which buffers are results."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from matting.cuda.compiler import SOURCES
from matting.cuda.reference.resize import CELL

TYPES: dict[str, np.dtype[Any]] = {
    "u8": np.dtype(np.uint8),
    "u16": np.dtype(np.uint16),
    "float": np.dtype(np.float32),
    "Cell": CELL,
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """dtype: of a buffer's values, None for a number; written: the kernel writes into the buffer."""

    name: str
    dtype: np.dtype[Any] | None
    written: bool


def signatures() -> dict[str, list[Parameter]]:
    """By kernel, in the sources' order."""
    text = "".join(path.read_text() for path in sorted(SOURCES.glob("*.cuh")))
    found = re.findall(r"^KERNEL (\w+)\(([^)]*)\)", text, re.MULTILINE)
    return {kernel: [_parameter(each) for each in parameters.split(",")] for kernel, parameters in found}


def _parameter(declared: str) -> Parameter:
    match = re.fullmatch(r"\s*(const )?(\w+) (\*?)(\w+)\s*", declared)
    assert match, declared
    constant, type_name, pointer, name = match.groups()
    return Parameter(name, TYPES[type_name] if pointer else None, bool(pointer) and not constant)
