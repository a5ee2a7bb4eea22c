"""Training samples: people on new backgrounds with alpha known by construction, and photos as they are with a teacher's.

A sample depends on the seed and its number alone, so that a resumed run sees what an unbroken one would have seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from matting.training import augment
from matting.training.augment import Pixels, Random
from matting.training.prepare import Entry

Floats = npt.NDArray[np.float32]
PAD = 127  # letterbox bars: 0 after normalisation
AS_IS, NOBODY, KEYED = 0.32, 0.06, 0.55  # shares: untouched photos; no person; keyed among the composites
WEIGHTS = {"pixabay_faces": 0.5, "creativetim": 2.0, "faker": 2.0, "congress": 0.35, "man_unsplash": 1.3}
MAX_ENLARGEMENT = 1.7


@dataclass(frozen=True)
class Sample:
    """photo side x side x 3; alpha and trust side x side; all uint8."""

    photo: Pixels
    alpha: Pixels
    trust: Pixels


class Composer:
    """Makes sample number n of the given side from prepared entries."""

    def __init__(self, cache: Path, entries: list[Entry], side: int, seed: int) -> None:
        self.cache, self.side, self.seed = cache, side, seed
        self.keyed = [e for e in entries if e.kind == "keyed"]
        self.taught = [e for e in entries if e.kind == "teacher"]
        self.grounds = [e for e in entries if e.kind == "background"]
        share = np.array([WEIGHTS.get(e.group, 1.0) for e in self.taught])
        self.share = share / max(share.sum(), 1e-9)

    def __call__(self, number: int) -> Sample:
        random = np.random.default_rng((self.seed, number))
        kind = random.random()
        if kind < AS_IS:
            sample = self.as_is(self.any_taught(random), random)
        else:
            sample = self.composite(random, people=0 if kind > 1 - NOBODY else crowd(random))
        return Sample(augment.degrade(sample.photo, random), sample.alpha, sample.trust)

    def load(self, entry: Entry) -> Pixels:
        """Mapped, not read: only the pages that are used come from disk."""
        return np.asarray(np.load(self.cache / entry.file, mmap_mode="r"))

    def any_taught(self, random: Random) -> Entry:
        """One of the people with a teacher's matte, by the weight of its source."""
        return self.taught[random.choice(len(self.taught), p=self.share)]

    def as_is(self, entry: Entry, random: Random) -> Sample:
        """A crop of the photo with its own background, stretched or letterboxed to the square."""
        planes = self.load(entry)
        height, width = planes.shape[:2]
        if random.random() < 0.6:
            tall, wide = (int(n * random.uniform(0.5, 1)) for n in (height, width))
            top = int(random.uniform(0, height - tall))
            left = int(random.uniform(0, width - wide))
            planes = planes[top : top + tall, left : left + wide]
        planes = np.dstack([planes[..., :3], planes[..., 6:]])
        if random.random() < 0.5:
            planes = planes[:, ::-1]
        if random.random() < 0.3:
            planes = letterbox(planes)
        planes = resize(np.ascontiguousarray(planes), self.side, self.side)
        return Sample(np.ascontiguousarray(planes[..., :3]), planes[..., 3], planes[..., 4])

    def composite(self, random: Random, people: int) -> Sample:
        """`people` persons, one before the other, on a new background; alpha is their union."""
        side = self.side
        ground = self.ground(random)
        photo = ground.astype(np.float32)
        alpha = np.zeros((side, side), np.float32)
        trust = np.full((side, side), 255, np.uint8)
        stretch = np.exp(random.uniform(-0.5, 0.5)) if random.random() < 0.5 else 1.0
        for number in range(people):
            layer = place(self.whole_head(random), side, stretch, people, number, random)
            colours, cover = layer[..., :3], layer[..., 3] / np.float32(255)
            if random.random() < 0.7:
                augment.harmonise(colours, cover, ground, random.uniform(0, 0.5))
            photo += (np.clip(colours, 0, 255) - photo) * cover[..., None]
            alpha += (1 - alpha) * cover
            trust[(layer[..., 4] < 128) & (cover > 0)] = 0
        return Sample(photo.round().astype(np.uint8), (alpha * 255).round().astype(np.uint8), trust)

    def whole_head(self, random: Random) -> Pixels:
        """A person to paste; one whose head the photo cuts off would end in mid-air, so draw again (a few times)."""
        for _ in range(4):
            keyed = not self.taught or (self.keyed and random.random() < KEYED)
            entry = self.keyed[random.integers(len(self.keyed))] if keyed else self.any_taught(random)
            planes = self.load(entry)
            if planes[:3, :, 6].max() < 25:
                break
        return planes

    def ground(self, random: Random) -> Pixels:
        """A crop of a background picture or of a photo beside its person, or a made-up studio wall."""
        kind = random.random()
        if kind < 0.15 or not self.grounds:
            return wall(self.side, random)
        if kind < 0.30 and self.taught:
            beside = beside_person(self.load(self.any_taught(random)))
            if beside is not None:
                return resize(beside, self.side, self.side)
        picture = self.load(self.grounds[random.integers(len(self.grounds))])
        height, width = picture.shape[:2]
        scale = random.uniform(0.45, 1)
        aspect = np.exp(random.uniform(-0.35, 0.35))
        tall, wide = int(min(height, width / aspect) * scale), int(min(width, height * aspect) * scale)
        top, left = int(random.uniform(0, height - tall)), int(random.uniform(0, width - wide))
        crop = np.ascontiguousarray(picture[top : top + tall, left : left + wide][:, :: random.choice([-1, 1])])
        out = resize(crop, self.side, self.side)
        return augment.blur(out, random.uniform(0.8, 6) * self.side / 512) if random.random() < 0.4 else out


def crowd(random: Random) -> int:
    """How many people: mostly one."""
    return int(random.choice([1, 2, 3], p=[0.8, 0.15, 0.05]))


def resize(picture: Pixels, height: int, width: int) -> Pixels:
    """Area average when it gets smaller, cubic when larger."""
    smaller = picture.shape[0] * picture.shape[1] > height * width
    how = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    parts = [cv2.resize(picture[..., k : k + 3], (width, height), interpolation=how) for k in range(0, picture.shape[2], 3)]
    return np.dstack(parts).astype(np.uint8)  # three at a time: OpenCV takes at most four channels


def letterbox(planes: Pixels) -> Pixels:
    """Grey bars around photo, alpha, trust (5 planes) up to a square; nobody is in the bars, and that is certain."""
    height, width = planes.shape[:2]
    side = max(height, width)
    out = np.empty((side, side, 5), np.uint8)
    out[:] = (PAD, PAD, PAD, 0, 255)
    top, left = (side - height) // 2, (side - width) // 2
    out[top : top + height, left : left + width] = planes
    return out


def beside_person(planes: Pixels) -> Pixels | None:
    """The wider strip of columns left or right of the person, if it is worth a background."""
    width = planes.shape[1]
    taken = np.flatnonzero(planes[::4, :, 6].max(0) > 6)
    if len(taken) == 0:
        return None
    left, right = int(taken[0]), width - 1 - int(taken[-1])
    strip = planes[:, : left - 2, :3] if left > right else planes[:, width - right + 2 :, :3]
    return np.ascontiguousarray(strip) if strip.shape[1] >= max(96, width // 5) else None


def wall(side: int, random: Random) -> Pixels:
    """A plain colour that runs into another one, with light falling off and some grain."""
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side
    first = random.uniform(0, 255, 3)
    second = first + random.normal(0, 45, 3) * (random.random() < 0.7)
    turn = random.uniform(0, 2 * np.pi)
    ramp = np.clip((x - 0.5) * np.cos(turn) + (y - 0.5) * np.sin(turn) + 0.5, 0, 1)[..., None]
    centre = random.uniform(0.2, 0.8, 2)
    light = 1 - random.uniform(0, 0.6) * ((x - centre[0]) ** 2 + (y - centre[1]) ** 2)[..., None]
    grain = random.normal(0, random.uniform(0, 4), (side, side, 1))
    out: Pixels = np.clip((first + (second - first) * ramp) * light + grain, 0, 255).astype(np.uint8)
    return out


@dataclass(frozen=True)
class Figure:
    """A person cut to the bounding box: foreground RGB, alpha, trust (h x w x 5), and which sides the photo cut off."""

    planes: Pixels
    below: bool
    left: bool
    right: bool


def figure(planes: Pixels, mirrored: bool) -> Figure:
    """The person in H x W x 8 prepared planes."""
    rows = np.flatnonzero(planes[:, ::4, 6].max(1) > 25)
    columns = np.flatnonzero(planes[::4, :, 6].max(0) > 25)
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    height, width = planes.shape[:2]
    cut = planes[top:bottom, left:right, 3:]
    at_left, at_right = left < 4, right > width - 4
    if mirrored:
        cut, at_left, at_right = cut[:, ::-1], at_right, at_left
    return Figure(np.ascontiguousarray(cut), bottom > height - 4, at_left, at_right)


def place(planes: Pixels, side: int, stretch: float, people: int, number: int, random: Random) -> Floats:
    """One person on an empty canvas side x side: foreground RGB, alpha, trust as float32 in 0..255.

    Whoever is cut off by the photo's lower border stays at the canvas's lower border or runs out of it; the same for
    the sides, mostly: a shoulder that ends in mid-air is rare in real photos.
    """
    who = figure(planes, mirrored=bool(random.random() < 0.5))
    natural = people == 1 and random.random() < 0.75
    tall = side * random.uniform(0.45, 1.3 if people == 1 else 0.95)
    scale = min(tall / who.planes.shape[0], 1.5 * side / who.planes.shape[1])
    if natural and who.left and who.right:
        scale = max(scale, side / who.planes.shape[1] * random.uniform(1, 1.2) / np.sqrt(stretch))
    scale = min(scale, MAX_ENLARGEMENT)
    height = max(8, int(who.planes.shape[0] * scale / np.sqrt(stretch)))
    width = max(8, int(who.planes.shape[1] * scale * np.sqrt(stretch)))
    x = (number + 0.5) / people * side - width / 2 + random.normal(0, 0.12 * side)
    if natural and who.left and who.right:
        x = (side - width) / 2 if width < side else random.uniform(side - width, 0)
    elif natural and who.left:
        x = -random.uniform(0, 0.1) * width
    elif natural and who.right:
        x = side - random.uniform(0.9, 1) * width
    canvas: Floats = np.zeros((side, side, 5), np.float32)
    y0, x0 = int(vertical(side, height, who.below, random)), int(x)
    into = canvas[max(y0, 0) : max(y0 + height, 0), max(x0, 0) : max(x0 + width, 0)]
    into[:] = resize(who.planes, height, width)[max(-y0, 0) :, max(-x0, 0) :][: into.shape[0], : into.shape[1]]
    if random.random() < 0.25:
        turn = cv2.getRotationMatrix2D((side / 2, side), random.uniform(-8, 8), 1.0)
        canvas[..., :3] *= canvas[..., 3:4]  # by alpha, or the emptiness beside a cut shoulder would darken its edge
        parts = [cv2.warpAffine(canvas[..., k], turn, (side, side)) for k in (slice(0, 3), slice(3, 5))]
        canvas = np.dstack(parts).astype(np.float32)
        canvas[..., :3] /= np.maximum(canvas[..., 3:4], 1)
    return canvas


def vertical(side: int, height: int, cut_below: bool, random: Random) -> float:
    """The figure's upper border. The head stays in sight, the body may run out below."""
    slack = side - height
    if not cut_below:
        return float(random.uniform(min(slack, 0), max(slack, 0) + 0.15 * height))
    if slack < 0:
        return float(random.uniform(0, 0.12 * side))
    return slack + float(random.uniform(0, 0.25 * height) if random.random() < 0.4 else 0)
