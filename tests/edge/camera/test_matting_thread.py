"""The network and the steadying on a film whose alpha is known: a person stands, walks, stands; then nobody is there."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.camera.frame import Frame
from edge.camera.gdp import Caps
from edge.camera.interval import MOVING
from edge.camera.matting_thread import MattedFrame, MattingThread
from edge.commands.bench import clip
from edge.ipc.latest import Latest
from matting import temporal
from matting.engines.registry import open_engine
from matting.model import default_model_dir, load_model
from matting.photo import F32, U8
from tests.edge.camera.films import FPS, HEIGHT, WIDTH, Film

pytestmark = pytest.mark.slow

STANDS, WALKS = slice(24, 36), slice(38, 52)


def seen(pictures: list[U8], *, steady: bool) -> list[MattedFrame]:
    """The matte of each of them, as often as a film shows them."""
    model = load_model(default_model_dir())
    frames: Latest[Frame] = Latest()
    thread = MattingThread(frames, open_engine("cpu", model, 2), model, height=HEIGHT, steady=steady, pause=0.0)
    thread.start()
    found = []
    for number, rgb in enumerate(pictures, 1):
        raw = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420), np.uint8).reshape(-1)
        frames.put(Frame(raw, Caps(WIDTH, HEIGHT, "bt601"), number, number / FPS))
        newest = thread.seen.after(number - 1, 60)
        assert newest is not None
        found.append(newest)
    thread.close()
    thread.join(20)
    return found


@pytest.fixture(scope="module")
def both(film: Film) -> tuple[list[MattedFrame], list[MattedFrame]]:
    """Without and with steadying, from the first frame that stands on."""
    frames = film.frames[STANDS.start : WALKS.stop]
    return seen(frames, steady=False), seen(frames, steady=True)


def mattes(found: list[MattedFrame], part: slice) -> list[F32]:
    return [each.matte for each in found[part.start - STANDS.start : part.stop - STANDS.start]]


def truth(film: Film, found: list[MattedFrame], part: slice) -> list[F32]:
    size = found[0].matte.shape[::-1]
    return [np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.float32) for alpha in film.truth[part]]


def test_who_stands_still_flickers_less_with_steadying(film: Film, both: tuple[list[MattedFrame], list[MattedFrame]]) -> None:
    raw, steadied = (temporal.flicker(mattes(each, STANDS), truth(film, each, STANDS)) for each in both)
    assert steadied < raw / 2


def test_who_walks_leaves_no_more_behind_than_without(film: Film, both: tuple[list[MattedFrame], list[MattedFrame]]) -> None:
    raw, steadied = (temporal.trails(mattes(each, WALKS), truth(film, each, WALKS)) for each in both)
    assert steadied < raw + 1, "of 1000"
    worse = [temporal.error(mattes(each, WALKS), truth(film, each, WALKS)) for each in both]
    assert worse[1] < worse[0] + 0.5, "of 1000"


def test_standing_and_walking_are_told_apart(both: tuple[list[MattedFrame], list[MattedFrame]]) -> None:
    for found in both:
        assert all(each.present for each in found)
        assert max(each.motion for each in found[1 : STANDS.stop - STANDS.start]) < MOVING
        assert max(each.motion for each in found[WALKS.start - STANDS.start :]) > 2 * MOVING


def test_an_empty_room_has_nobody_in_it(gstreamer: None) -> None:
    room = np.clip(np.rint(clip.wall(HEIGHT, WIDTH)), 0, 255).astype(np.uint8)
    assert not any(each.present for each in seen([room, room], steady=True))
