"""The face networks, run on the CPU by onnxruntime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime as ort

from matting.engines.onnx_cpu import ERRORS, open_session
from matting.errors import EngineError
from matting.face.model import FaceNetwork, load_face_model
from matting.photo import F32, U8


class OnnxFaceNetworks:
    """`matting.face.base.FaceNetworks`."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        """folder: with model.toml. threads: CPU cores of one run; one is enough for networks of this size.

        Raises:
            ModelError: the files are missing or altered. EngineError: onnxruntime could not load them.
        """
        model = load_face_model(folder)
        self._model = model
        self.detector_size, self.landmarks_size, self.eyes_size = model.detector.size, model.landmarks.size, model.eyes.size
        self._detector = open_session(model.detector.file.verified(), threads)
        self._landmarks = open_session(model.landmarks.file.verified(), threads)
        self._eyes = open_session(model.eyes.file.verified(), threads)

    def detect(self, rgb: U8) -> tuple[F32, F32]:
        """See `FaceNetworks.detect`."""
        boxes, scores = _run(self._detector, self._model.detector, rgb, ["boxes", "scores"])
        return boxes.reshape(-1, 16), scores.reshape(-1)

    def landmark(self, rgb: U8) -> tuple[F32, float]:
        """See `FaceNetworks.landmark`."""
        points, presence = _run(self._landmarks, self._model.landmarks, rgb, ["points", "presence"])
        return points.reshape(-1, 3), float(presence.reshape(-1)[0])

    def eye(self, rgb: U8) -> F32:
        """See `FaceNetworks.eye`."""
        return _run(self._eyes, self._model.eyes, rgb, ["contour"])[0].reshape(-1, 3)


def _run(session: ort.InferenceSession, network: FaceNetwork, rgb: U8, outputs: list[str]) -> list[F32]:
    picture = (rgb.astype(np.float32) - np.float32(network.mean)) / np.float32(network.std)
    tensor = np.ascontiguousarray(picture.transpose(2, 0, 1)[np.newaxis])
    try:
        return [np.asarray(each, np.float32) for each in session.run(outputs, {"input": tensor})]
    except ERRORS as error:
        raise EngineError(f"a face network failed: {error}") from error
