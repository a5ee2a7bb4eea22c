"""Live video in figures: flicker, trails and error of the alpha with and without steadying; frame rate, latency and CPU.

    .venv/bin/python -m scripts.measure.live [--seconds 12] [--sheet FILE.jpg]

The first part mattes a film with known alpha, frame by frame (15 a second). The second plays that film in H.264 to the real
service, with a client that reads its live video. --sheet keeps four of the live frames side by side, over a picture, and
below them a part of each at full scale. Needs GStreamer with x264enc, and scikit-image for its portrait.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import cv2
import numpy as np

from edge.camera.control import talk
from edge.commands.bench import clip
from edge.commands.bench.machine import machine
from edge.commands.bench.memory import PROC, pss_mb, tree
from matting import temporal
from matting.engines.base import Engine
from matting.engines.registry import open_engine
from matting.model import ModelSpec, default_model_dir, load_model
from matting.network_input import network_input, undo
from matting.photo import F32, U8, Photo
from matting.steady import Steady

WIDTH, HEIGHT, FPS = 1280, 720, 15
PORT = 18081
CELL = (480, 270)


def mattes(film: list[tuple[U8, F32]], engine: Engine, model: ModelSpec) -> tuple[list[F32], list[F32], list[F32]]:
    """Of each frame: the network's matte, the steadied one, and the true alpha at their size."""
    raw, steadied, truth = [], [], []
    steady = Steady()
    for index, (frame, alpha) in enumerate(film):
        tensor, geometry = network_input(Photo(frame), model.input)
        matte = undo(engine.infer(tensor), geometry)
        size = matte.shape[::-1]
        grey = np.asarray(cv2.resize(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA), np.uint8)
        raw.append(matte)
        steadied.append(steady(matte, grey, index / FPS))
        truth.append(np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.float32))
    return raw, steadied, truth


def still(truth: list[F32]) -> slice:
    """The longest run of frames in which nothing moves."""
    best, start = slice(0, 0), 0
    for index in range(1, len(truth) + 1):
        if index == len(truth) or np.abs(truth[index] - truth[index - 1]).max() > 1e-6:
            best = max(best, slice(start, index), key=lambda run: run.stop - run.start)
            start = index
    return best


def report_quality(raw: list[F32], steadied: list[F32], truth: list[F32]) -> None:
    quiet = still(truth)
    print(f"{len(truth)} frames of {WIDTH}x{HEIGHT}, {FPS} a second; standing still in {quiet.stop - quiet.start} of them")
    for name, found in (("as the network gives them", raw), ("steadied", steadied)):
        calm = temporal.flicker(found[quiet], truth[quiet])
        figures = temporal.flicker(found, truth), temporal.trails(found, truth), temporal.error(found, truth)
        print("  {:26s} flicker, standing still {:.3f}, all {:.3f}; trails {:.2f}; MAD {:.2f}".format(name, calm, *figures))


def cpu_seconds(pid: int) -> float:
    fields = [(PROC / str(each) / "stat").read_text().rpartition(")")[2].split() for each in tree(pid)]
    return sum(int(each[11]) + int(each[12]) for each in fields) / os.sysconf("SC_CLK_TCK")


def evening(path: Path) -> None:
    """A new background: a sky that gets darker upwards, with soft lights."""
    random = np.random.default_rng(7)
    fade = np.linspace(0, 1, HEIGHT, dtype=np.float32)[:, np.newaxis, np.newaxis]
    sky = np.broadcast_to((1 - fade) * (110, 60, 30) + fade * (120, 170, 250), (HEIGHT, WIDTH, 3)).astype(np.float32)
    lights = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    for x, y, size in random.integers((0, HEIGHT // 2, 12), (WIDTH, HEIGHT, 44), (40, 3)):
        cv2.circle(lights, (int(x), int(y)), int(size), [float(each) for each in random.integers(20, 90, 3)], -1)
    cv2.imwrite(str(path), np.clip(sky + cv2.GaussianBlur(lights, (0, 0), 4), 0, 255).astype(np.uint8))


def watch(folder: Path, film: Path, sheet: Path | None) -> None:
    """The service with live video, watched for some seconds."""
    evening(folder / "evening.png")
    live = f'[live]\naddress = "127.0.0.1:{PORT}"\nbackground = "evening.png"\n'
    (folder / "c.toml").write_text(f'[camera]\nsource = "{film}"\n{live}')
    command = [sys.executable, "-m", "edge.cli", "run", "--config", str(folder / "c.toml")]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as service:
        try:
            state = folder / ".edge-matting"
            client = cv2.VideoCapture()
            while not client.open(f"http://127.0.0.1:{PORT}/live.mjpg"):
                time.sleep(0.5)
            shown = [client.read()[1] for _ in range(10)]
            before, start, pictures = cpu_seconds(service.pid), time.monotonic(), 0
            while time.monotonic() - start < 10:
                shown.append(client.read()[1])
                pictures += 1
            wall = time.monotonic() - start
            cpu = (cpu_seconds(service.pid) - before) / wall
            told = status(state)["live"]
            print(f"live: {pictures / wall:.1f} pictures a second, frame to picture {told['latency_ms']:.0f} ms (median),")
            print(f"      {cpu:.0%} of a core in all processes, {pss_mb(service.pid):.0f} MB")
            if sheet is not None:
                behind = cv2.imread(str(folder / "evening.png"))
                assert behind is not None
                write_sheet(shown, behind, sheet)
        finally:
            service.terminate()


def write_sheet(shown: list[np.ndarray], behind: np.ndarray, path: Path) -> None:
    """Four of the frames that have somebody in them, evenly spread, and below each the head's surroundings as they are."""
    somebody = [(picture, head) for picture in shown if (head := head_of(picture, behind)) is not None]
    chosen = [somebody[index * (len(somebody) - 1) // 3] for index in range(4)]
    parts = [picture[top : top + CELL[1], left : left + CELL[0]] for picture, (left, top) in chosen]
    whole = [cv2.resize(picture, CELL, interpolation=cv2.INTER_AREA) for picture, _ in chosen]
    cv2.imwrite(str(path), np.vstack([np.hstack(whole), np.hstack(parts)]), [cv2.IMWRITE_JPEG_QUALITY, 82])


def head_of(picture: np.ndarray, behind: np.ndarray) -> tuple[int, int] | None:
    """Left and top of a cell around the head, None where nothing but the background is seen."""
    rows, columns = np.nonzero(cv2.absdiff(picture, behind).max(axis=2) > 40)
    if rows.size < 5000:
        return None
    top = int(rows.min())
    middle = int(np.median(columns[rows < top + 100]))
    return max(0, min(WIDTH - CELL[0], middle - CELL[0] // 2)), max(0, min(HEIGHT - CELL[1], top - 20))


def status(state: Path) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads(next(talk(state, "status", 10)))
        return told
    except (OSError, StopIteration):
        return {}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=12)
    parser.add_argument("--sheet", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    on = machine()
    print(f"{on.date}  {on.board or on.cpu}, {on.cores} cores, {on.ram_mb / 1e3:.1f} GB, load {on.load:.1f}")
    model = load_model(default_model_dir())
    engine = open_engine("cpu", model, 2)
    film = list(clip.film(clip.person(engine, model), WIDTH, HEIGHT, FPS, arguments.seconds))
    report_quality(*mattes(film, engine, model))
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "film.mp4"
        clip.write_h264((frame for frame, _ in film), path, FPS, (WIDTH, HEIGHT))
        watch(Path(name), path, arguments.sheet)


if __name__ == "__main__":
    main()
