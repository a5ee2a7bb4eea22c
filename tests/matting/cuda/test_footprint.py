"""The promised footprint beside the buffers of the real steps, on the stand-in of host.py."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

from matting.cuda.footprint import footprint
from matting.cuda.memory import ALIGNMENT
from matting.cuda.steps import Steps
from matting.model import ModelSpec
from matting.photo import Box, Controls, Photo
from tests.matting.cuda.host import HostDevice

BATCH, NETWORK = 2, 512 * 512


def held(device: HostDevice, model: ModelSpec, sizes: list[tuple[int, int]]) -> tuple[int, int]:
    """Device and page-locked bytes after photos of these sizes with all that a photo can ask for."""
    steps = Steps(device, model.input)
    tensors, output = steps.memory.buffer("input", BATCH * 12 * NETWORK), steps.memory.buffer("output", BATCH * 4 * NETWORK)
    steps.downloaded("mattes", output, BATCH * 4 * NETWORK)
    for height, width in sizes:
        rgb = np.asarray(cv2.resize(data.astronaut(), (width, height)), np.uint8)
        photo = Photo(rgb, np.full((height, width), 99, np.uint8))
        frames = [steps.prepare(photo, slot, tensors.at(slot * 12 * NETWORK)) for slot in range(BATCH)]
        alpha = steps.shape(steps.refine(frames[0], output, 0), height, width, Controls(0, 1, 2.0))
        steps.downloaded("matte", alpha, height * width)
        steps.finish(frames[0], alpha, Box(0, 0, height, width), photo.opacity, None)
    return steps.memory.bytes


@pytest.mark.parametrize(
    "sizes",
    [
        [(1504, 2048)],  # halved twice
        [(1201, 2503)],  # odd, so never halved
        [(599, 599)],  # the edge colours at full size
        [(3001, 31)],  # long and narrow
        [(1504, 2048), (599, 599), (997, 1003), (300, 200), (2503, 1201)],  # each buffer as large as any needs it
    ],
)
def test_the_buffers_stay_within_the_promise(sizes: list[tuple[int, int]], device: HostDevice, model: ModelSpec) -> None:
    promised = footprint(max(height * width for height, width in sizes), BATCH, NETWORK)
    in_device, pinned = held(device, model, sizes)
    assert in_device <= promised.device
    assert pinned <= promised.pinned


def test_the_promise_is_not_far_more_than_is_held(device: HostDevice, model: ModelSpec) -> None:
    """Of a photo that is halved: memory promised and never used would cost the photos their size."""
    in_device, pinned = held(device, model, [(2048, 3072)])
    promised = footprint(2048 * 3072, BATCH, NETWORK)
    assert promised.device < 1.25 * in_device
    assert promised.pinned <= pinned + ALIGNMENT
