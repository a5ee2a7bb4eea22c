"""The face networks that ship with the product, loaded with the first face that is asked for, and kept."""

from __future__ import annotations

from functools import cache

from matting.face.base import FaceNetworks
from matting.face.model import default_face_dir


@cache
def shipped_faces() -> FaceNetworks:
    """
    Raises:
        ModelError: their files are missing or altered. EngineError: onnxruntime could not load them.
    """
    from matting.face.networks import OnnxFaceNetworks  # imports onnxruntime, which most processes do without

    return OnnxFaceNetworks(default_face_dir())
