from __future__ import annotations

import pytest

from edge.ipc.messages import ProtocolError, encode
from edge.service.belief import lie_in
from edge.service.job import Job
from edge.worker.messages import FROM_WORKER, PhotoCut
from matting.photo import Box


class NoFiles(Job):
    def __init__(self) -> None:
        self.outputs = {}


@pytest.mark.parametrize("box", [None, Box(0, 0, 0, 0), Box(0, 0, 30, 40), Box(3, 4, 5, 6)])
def test_a_person_within_the_picture_is_believed(box: Box | None) -> None:
    message = PhotoCut(1, 0.5, 40, 30, {"infer": 1.0}, 1, 0, box)
    assert FROM_WORKER.decode(encode(message)) == ((), message)
    assert lie_in(message, NoFiles()) == ""


@pytest.mark.parametrize("box", [Box(-1, 0, 5, 5), Box(0, 0, 31, 40), Box(0, 0, 30, 41), Box(5, 0, 4, 1), Box(0, 9, 1, 8)])
def test_a_person_outside_of_the_picture_is_not(box: Box) -> None:
    assert lie_in(PhotoCut(1, 0.5, 40, 30, {}, 1, 0, box), NoFiles()) == "spoke of a person outside of the picture"


def test_a_box_of_anything_else_is_no_message() -> None:
    data = encode(PhotoCut(1, 0.5, 40, 30, {}, 1, 0, Box(1, 2, 3, 4)))
    for wrong in (b'"top":"1"', b'"top":1.5', b'"top":null', b'"what":1'):
        with pytest.raises(ProtocolError):
            FROM_WORKER.decode(data.replace(b'"top":1', wrong))
