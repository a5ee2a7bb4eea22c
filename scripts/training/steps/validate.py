"""How good is a network on people and places it never saw: exact composites, real photos, empty rooms, and both fits."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime

from scripts.training.data.composites import PAD, Composer, Sample
from scripts.training.data.prepare import Entry, Pixels, network_input
from scripts.training.data.scene import Scene
from scripts.training.data.sources import Kind
from scripts.training.network import SIDE

Plane = npt.NDArray[np.float32]
Fit = Literal["stretch", "letterbox"]
Matte = Callable[[Pixels, Fit], Plane]
COMPOSITES, PHOTOS, EMPTY = 96, 48, 200


@dataclass(frozen=True)
class Score:
    """Means over a set: MAD and unknown-band MAD in thousandths, IoU at 0.5, gradient error in thousands; and the MAD of the
    tenth with the most error."""

    mad: float
    band: float
    iou: float
    grad: float = 0.0
    worst: float = 0.0


def slope(plane: Plane) -> Plane:
    """Magnitude of the gradient at a scale of 1.4 pixels, H x W."""
    soft = cv2.GaussianBlur(plane, (0, 0), 1.4)
    return np.hypot(cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1))


def score(predicted: Plane, truth: Plane) -> tuple[float, float, float, float]:
    """MAD, MAD within 5 pixels of partial alpha, IoU at 0.5, and the gradient error of Rhemann et al., "A Perceptually
    Motivated Online Benchmark for Image Matting" (2009), of one H x W matte."""
    error = np.abs(predicted - truth)
    partial = ((truth > 0.02) & (truth < 0.98)).astype(np.uint8)
    band = cv2.dilate(partial, np.ones((11, 11), np.uint8)) > 0
    ours, real = predicted > 0.5, truth > 0.5
    iou = (ours & real).sum() / max(1, (ours | real).sum())
    grad = float(np.square(slope(predicted) - slope(truth)).sum()) / 1e3
    return float(error.mean()) * 1e3, float(error[band].mean() if band.any() else 0) * 1e3, float(iou), grad


def onnx_matte(path: Path) -> Matte:
    """A function photo (H x W x 3), fit -> alpha H x W for a model with our contract; MODNet's file has it too."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def matte(photo: Pixels, fit: Fit) -> Plane:
        height, width = photo.shape[:2]
        top = left = 0
        if fit == "letterbox":
            side = max(height, width)
            top, left = (side - height) // 2, (side - width) // 2
            square = np.full((side, side, 3), PAD, np.uint8)
            square[top : top + height, left : left + width] = photo
            photo = square
        smaller = min(photo.shape[:2]) > SIDE
        sized = cv2.resize(photo, (SIDE, SIDE), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
        alpha = np.asarray(session.run(None, {"input": network_input(np.asarray(sized, np.uint8))})[0])[0, 0]
        full = cv2.resize(alpha, photo.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        return np.asarray(full[top : top + height, left : left + width], np.float32)

    return matte


def unseen(entries: list[Entry], people: Kind) -> list[Entry]:
    """What no training saw: people of one kind, places and things. Cut-outs have a set of their own."""
    return [e for e in entries if e.validation and e.kind in (people, "background", "thing") and e.group != "cutouts"]


def composites(
    cache: Path,
    entries: list[Entry],
    seed: int,
    scene: Callable[[int], Scene],
    side: int = SIDE,
    count: int = COMPOSITES,
    passers: list[Entry] | None = None,
) -> list[Sample]:
    """The first `count` composites of a set, side x side: picture n shows scene(n), by the seed and n alone."""
    composer = Composer(cache, entries, side, seed, passers)
    return [composer.composite(np.random.default_rng((seed, n)), scene(n)) for n in range(count)]


def exact_composites(cache: Path, entries: list[Entry]) -> list[Sample]:
    """One unseen person with near-true alpha in an unseen place, 512 x 512."""
    return composites(cache, unseen(entries, "keyed"), 9, lambda n: Scene(people=1))


def cluttered_composites(cache: Path, entries: list[Entry]) -> list[Sample]:
    """The same with one to three things behind the person; every fifth person is behind a desk."""
    return composites(cache, unseen(entries, "keyed"), 12, lambda n: Scene(people=1, things=1 + n % 3, desk=n % 5 == 0))


def holding_composites(cache: Path, entries: list[Entry]) -> list[Sample]:
    """The same with a thing held before the body, which belongs to the person."""
    return composites(cache, unseen(entries, "keyed"), 14, lambda n: Scene(people=1, held=True))


def hairy_composites(cache: Path, entries: list[Entry]) -> list[Sample]:
    """Unseen heads with hair grown on them, exact; every other picture has strands that are not theirs, some have wires."""
    kept = [e for e in entries if e.validation and e.kind in ("keyed", "background", "thing")]
    return composites(cache, kept, 16, lambda n: Scene(people=1, hair=True, litter=n % 2 == 0, wires=n % 4 == 1, things=n % 3))


def bystander_composites(cache: Path, entries: list[Entry]) -> list[Sample]:
    """One unseen person, behind whom one to three others walk by: official portraits, and whole bodies in the street."""
    kept = [e for e in entries if e.validation and e.kind in ("keyed", "background", "thing")]
    passers = [e for e in entries if e.validation and (e.group == "ccp" or e.kind == "keyed")]
    return composites(cache, kept, 17, lambda n: Scene(people=1, bystanders=1 + n % 3), passers=passers)


def cutout_composites(cache: Path, entries: list[Entry]) -> list[Sample]:
    """Unseen cut-outs, hair keyed from smooth grounds, in unseen places; none where there are none."""
    kept = [e for e in entries if e.validation and (e.group == "cutouts" or e.kind in ("background", "thing"))]
    if not any(e.group == "cutouts" for e in kept):
        return []
    return composites(cache, kept, 18, lambda n: Scene(people=1, things=n % 2), count=COMPOSITES // 2)


def drawn_composites(cache: Path, entries: list[Entry]) -> list[Sample]:
    """One unseen drawn person (scripts.training.render_people) in an unseen place, 512 x 512; none where nobody is drawn."""
    kept = unseen(entries, "rendered")
    if not any(e.kind == "rendered" for e in kept):
        return []
    return composites(cache, kept, 15, lambda n: Scene(people=1))


def upright_composites(cache: Path, entries: list[Entry]) -> list[Sample]:
    """As the exact ones, 768 high and 512 wide: what stretching and letterboxing treat differently."""
    wide = composites(cache, unseen(entries, "keyed"), 10, lambda n: Scene(people=1), side=768, count=COMPOSITES // 2)
    return [Sample(s.photo[:, 128:640].copy(), s.alpha[:, 128:640], s.trust[:, 128:640]) for s in wide]


def real_photos(cache: Path, entries: list[Entry]) -> list[Sample]:
    """Unseen photos as they are, with the teacher's matte (official portraits left out: they are all alike)."""
    kept = [e for e in entries if e.validation and e.kind == "teacher" and e.group != "congress"]
    planes = [np.load(cache / e.file) for e in kept[:: max(1, len(kept) // PHOTOS)][:PHOTOS]]
    return [Sample(p[..., :3].copy(), p[..., 6], p[..., 7]) for p in planes]


def empty_places(cache: Path, entries: list[Entry]) -> list[Pixels]:
    """Crops of unseen places and made-up walls: nobody is there."""
    composer = Composer(cache, [e for e in entries if e.validation and e.kind == "background"], SIDE, seed=11)
    return [composer.ground(np.random.default_rng((11, n))) for n in range(EMPTY)]


def evaluate(matte: Matte, samples: Iterable[Sample], fit: Fit = "stretch") -> Score:
    """Mean scores of a matte function."""
    rows = [score(matte(s.photo, fit), s.alpha.astype(np.float32) / np.float32(255)) for s in samples]
    mad, band, iou, grad = np.mean(rows, 0)
    worst = np.sort([row[0] for row in rows])[-max(1, len(rows) // 10) :].mean()
    return Score(float(mad), float(band), float(iou), float(grad), float(worst))


@dataclass(frozen=True)
class Presence:
    """Thresholds for "nobody there", and how often they are wrong."""

    min_coverage: float
    min_peak: float
    missed: float  # share of photos with a person that are called empty
    imagined: float  # share of empty photos in which a person is seen


def presence(matte: Matte, people: Iterable[Pixels], empty: Iterable[Pixels], fit: Fit) -> Presence:
    """The pair of thresholds with the fewest errors, a lost person counting twice; ties go to the lower thresholds."""

    def measure(photos: Iterable[Pixels]) -> npt.NDArray[np.float64]:
        mattes = [matte(p, fit) for p in photos]
        return np.array([[(m >= 0.5).mean(), np.percentile(m, 99.9)] for m in mattes])

    there, nobody = measure(people), measure(empty)
    best: Presence | None = None
    for coverage in (0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02):
        for peak in (0.5, 0.6, 0.7, 0.8, 0.9, 0.95):
            missed = float(np.mean((there[:, 0] < coverage) | (there[:, 1] < peak)))
            imagined = float(np.mean((nobody[:, 0] >= coverage) & (nobody[:, 1] >= peak)))
            if best is None or 2 * missed + imagined < 2 * best.missed + best.imagined:
                best = Presence(coverage, peak, missed, imagined)
    assert best is not None
    return best


def sheet(mattes: dict[str, Matte], samples: list[Sample], path: Path, fit: Fit = "stretch", columns: int = 8) -> None:
    """A PNG: photo, given matte, then each function's matte, for looking at."""
    strips = []
    for sample in samples:
        planes: list[Plane] = [sample.alpha.astype(np.float32) / np.float32(255)]
        planes += [m(sample.photo, fit) for m in mattes.values()]
        grey = [np.repeat((p * 255).astype(np.uint8)[..., None], 3, 2) for p in planes]
        strips.append(np.vstack([cv2.resize(t, (224, 224), interpolation=cv2.INTER_AREA) for t in (sample.photo, *grey)]))
    rows = [np.hstack(strips[k : k + columns]) for k in range(0, len(strips) // columns * columns, columns)]
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.vstack(rows)[..., ::-1])
