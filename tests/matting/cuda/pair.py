"""A device whose every launch is held against the kernel's reference, on the same bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from matting.cuda.device import NULL, Argument, Buffer, Device
from matting.cuda.reference import colours, controls, guided, resize
from tests.matting.cuda.signatures import Parameter, signatures

SIGNATURES = signatures()
SIBLINGS = {
    kernel: getattr(module, kernel)
    for kernel in SIGNATURES
    for module in (resize, guided, controls, colours)
    if hasattr(module, kernel)
}


@dataclass(frozen=True, slots=True)
class Tolerance:
    """|kernel - reference| <= absolute + relative * |reference|, but for the share `but_for` of the values;
    those, `at_most`."""

    absolute: float = 0.0
    relative: float = 0.0
    but_for: float = 0.0
    at_most: float = 0.0


# All others give the reference's bytes. Where a kernel sums in another order, or in single precision what the reference has in
# double, a value that lies between two levels may be rounded to either.
TOLERANCES = {
    "cells": Tolerance(1e-6, 1e-6),
    "normalise": Tolerance(0, 1e-6),
    "solve": Tolerance(2e-3, 1e-3, but_for=1e-3, at_most=0.1),  # windows that are flat along a colour axis
    "functions": Tolerance(2e-3, 1e-5),
    "evaluate": Tolerance(but_for=1e-3, at_most=1),
    "feather_rows": Tolerance(1),  # of 256 parts of a level
    "feather_columns": Tolerance(but_for=0.03, at_most=1),  # under a wide feather many pixels are exactly half a level
    "weigh_photo": Tolerance(1e-6, 1e-6),
    "weigh_planes": Tolerance(1e-6, 1e-6),
    "box_rows": Tolerance(1e-6, 1e-5),
    "box_columns": Tolerance(1e-6, 1e-5),
    "divide": Tolerance(1e-6, 1e-6),
    "correct": Tolerance(1e-4, 1e-6),
    "compose": Tolerance(but_for=2e-3, at_most=1),
}


class Pair:
    """A `Device`. ran: the kernels so far; worst: of those that differed at all, by how much and in which share of values."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self.ran: set[str] = set()
        self.worst: dict[str, tuple[float, float]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._device, name)

    def launch(self, kernel: str, columns: int, rows: int, *arguments: Argument) -> None:
        """Both, on the same inputs.

        Raises:
            AssertionError: they differ by more than the kernel's tolerance.
        """
        parameters = SIGNATURES[kernel]
        taken = [self._value(*each) for each in zip(parameters, arguments, strict=True)]
        self._device.launch(kernel, columns, rows, *arguments)
        self.ran.add(kernel)
        SIBLINGS[kernel](*taken)
        for parameter, argument, expected in zip(parameters, arguments, taken, strict=True):
            if parameter.dtype is not None and argument != NULL:
                self._compare(kernel, parameter, self._value(parameter, argument), expected)

    def _value(self, parameter: Parameter, argument: Argument) -> Any:
        if not isinstance(argument, Buffer):
            return argument
        if argument == NULL or parameter.dtype is None:
            return None
        values = np.empty(argument.bytes // parameter.dtype.itemsize, parameter.dtype)
        self._device.download(values.view(np.uint8), argument)
        self._device.synchronize()
        return values

    def _compare(self, kernel: str, parameter: Parameter, got: Any, expected: Any) -> None:
        for field in got.dtype.names or [...]:
            ours, theirs = got[field], expected[field]
            if ours.tobytes() == theirs.tobytes():
                continue
            assert parameter.written, f"{kernel} wrote into {parameter.name}"
            self._hold(kernel, ours.astype(float), theirs.astype(float))

    def _hold(self, kernel: str, ours: np.ndarray, theirs: np.ndarray) -> None:
        away, allowed = np.abs(ours - theirs), TOLERANCES.get(kernel, Tolerance())
        away[np.isnan(ours) & np.isnan(theirs)] = 0  # bytes that nobody wrote
        beyond = ~(away <= allowed.absolute + allowed.relative * np.abs(theirs))
        before = self.worst.get(kernel, (0.0, 0.0))
        self.worst[kernel] = (max(before[0], float(away.max())), max(before[1], float((away > 0).mean())))
        assert beyond.mean() <= allowed.but_for, f"{kernel}: {beyond.sum()} of {away.size} differ by up to {away.max()}"
        assert not beyond.any() or away[beyond].max() <= allowed.at_most, f"{kernel}: {away[beyond].max()} off"
