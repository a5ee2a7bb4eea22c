"""The int8 form: static, QDQ, symmetric, weights by channel, as TensorRT and ONNX Runtime both take it.

Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference" (2018);
ranges by ONNX Runtime's calibration on real photos.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from edge.engine.tensorrt.onnx_half import in_half
from matting.describe import model_file, write_description
from matting.model import load_model
from scripts.training.data.prepare import Entry, network_input
from scripts.training.network import SIDE

Array = npt.NDArray[np.float32]
# Kept in floating point: the encoder's first half, its depthwise filters (few operations, and ranges that differ much from
# channel to channel), and all that draws edges. With all in int8, thin things and hair cost the alpha of a photo up to 24 dB.
SENSITIVE = ("/encoder/stem/", *(f"/encoder/rows.{row}/" for row in range(4)), "/meaning/at8/", "/edges/")
DEPTHWISE = "/filter/"
CALIBRATION, CHECKED = 96, 120  # photos


class _Photos(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, inputs: Iterable[Array]) -> None:
        self._inputs = iter(inputs)

    def get_next(self) -> dict[str, Array] | None:
        following = next(self._inputs, None)
        return None if following is None else {"input": following}


def quantise(source: Path, target: Path, photos: Iterable[Array]) -> None:
    """source: our fp32 ONNX. photos: network inputs, 1x3x512x512 in -1..1, of which the ranges are taken."""
    with tempfile.TemporaryDirectory() as folder:
        folded = Path(folder) / "folded.onnx"
        quant_pre_process(str(source), str(folded), skip_symbolic_shape=True)
        nodes = [node for node in onnx.load(str(folded)).graph.node if node.op_type == "Conv"]
        quantize_static(
            str(folded),
            str(target),
            _Photos(photos),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            op_types_to_quantize=["Conv"],
            nodes_to_exclude=[node.name for node in nodes if node.name.startswith(SENSITIVE) or DEPTHWISE in node.name],
            # Ranges averaged over the photos: one odd photo would make them coarse for all others.
            extra_options={
                "ActivationSymmetric": True,
                "WeightSymmetric": True,
                "QuantizeBias": False,  # TensorRT takes no int32 there
                "CalibMovingAverage": True,
                "CalibMovingAverageConstant": 0.1,
            },
        )


@dataclass(frozen=True)
class Nearness:
    """How near a form's alpha comes to fp32's: PSNR in dB, of each photo."""

    form: str
    decibels: tuple[float, ...]

    @property
    def row(self) -> str:
        """Of the card: mean, median, 5th percentile, worst, photos."""
        of = self.decibels
        figures = (np.mean(of), np.median(of), np.percentile(of, 5), min(of))
        return f"| {self.form} | {' | '.join(f'{figure:.1f}' for figure in figures)} | {len(of)} |"


def network_inputs(cache: Path, entries: list[Entry]) -> list[Array]:
    """The photos of entries, each as 1 x 3 x 512 x 512 in -1..1."""
    photos = []
    for entry in entries:
        photo = np.ascontiguousarray(np.load(cache / entry.file, mmap_mode="r")[..., :3])
        photos.append(network_input(np.asarray(cv2.resize(photo, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)))
    return photos


def forms(folder: Path, cache: Path, entries: list[Entry]) -> list[Nearness]:
    """Make `folder`/portrait.int8.onnx of portrait.onnx, note it in model.toml, and measure it and fp16: on photos of people
    that training has not seen, with ranges from such as it has seen."""
    taught = [entry for entry in entries if entry.kind == "teacher"]
    shuffled = [taught[at] for at in np.random.default_rng(1).permutation(len(taught))]
    calibration = network_inputs(cache, [entry for entry in shuffled if not entry.validation][:CALIBRATION])
    checked = network_inputs(cache, [entry for entry in shuffled if entry.validation][:CHECKED])
    spec = load_model(folder)
    source, target, part = spec.file("onnx"), folder / "portrait.int8.onnx", folder / ".portrait.int8.onnx"
    quantise(source, part, calibration)
    int8 = Nearness("int8", tuple(_against(str(source), str(part), checked)))
    part.replace(target)
    form = replace(model_file(target), psnr=round(float(np.mean(int8.decibels)), 2))
    write_description(folder, replace(spec, files={**spec.files, "int8": form}))
    return [int8, Nearness("fp16", tuple(_against(str(source), in_half(source.read_bytes()), checked)))]


def _against(reference: str | bytes, other: str | bytes, photos: Iterable[Array]) -> Iterator[float]:
    first, second = (onnxruntime.InferenceSession(m, providers=["CPUExecutionProvider"]) for m in (reference, other))
    for photo in photos:
        yield _psnr(first.run(None, {"input": photo})[0], second.run(None, {"input": photo})[0])


def _psnr(one: Array, other: Array) -> float:
    """Of two alphas in 0..1, at most 99 dB."""
    error = float(np.mean((one.astype(np.float64) - other.astype(np.float64)) ** 2))
    return 99.0 if error == 0 else min(99.0, float(-10 * np.log10(error)))
