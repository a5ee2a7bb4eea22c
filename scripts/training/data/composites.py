"""Training samples: people on new backgrounds with alpha known by construction, and photos as they are with a teacher's.

A sample depends on the seed and its number alone, so that a resumed run sees what an unbroken one would have seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from scripts.training.data import augment, clutter
from scripts.training.data.augment import Pixels, Random
from scripts.training.data.grounds import beside_person, crop, wall
from scripts.training.data.placing import place, resize
from scripts.training.data.prepare import Entry

Floats = npt.NDArray[np.float32]
PAD = 127  # letterbox bars: 0 after normalisation
# Shares: untouched photos; no person; of the composites' people drawn ones, and keyed ones among the others; grounds in the
# colour of an edge.
AS_IS, NOBODY, RENDERED, KEYED, ALIKE = 0.45, 0.06, 0.12, 0.55, 0.15
# Shares of composites with things behind the people, with a desk before them, with a thing held, with the light from behind;
# of the things, cut-outs of rendered ones; of the untouched photos, those turned by a quarter or a half.
CLUTTERED, DESK, HELD, BACKLIT, CUT_OUT, TURNED = 0.4, 0.04, 0.25, 0.06, 0.5, 0.04
WEIGHTS = {"pixabay_faces": 0.5, "creativetim": 2.0, "faker": 2.0, "congress": 0.35, "man_unsplash": 1.3, "packages": 2.0}


@dataclass(frozen=True)
class Sample:
    """photo side x side x 3; alpha and trust side x side; all uint8."""

    photo: Pixels
    alpha: Pixels
    trust: Pixels


@dataclass(frozen=True)
class Scene:
    """What a composite shows: `people` persons, one before the other. alike: the background takes on the colour of the first
    one's edge, as dark hair before a dark room. things: how many stand behind the people; desk: one more stands before them.
    held: the first one holds a thing, which belongs to the person. backlit: all are dark, and the background is bright."""

    people: int
    alike: bool = False
    things: int = 0
    desk: bool = False
    held: bool = False
    backlit: bool = False


class Composer:
    """Makes sample number n of the given side from prepared entries."""

    def __init__(self, cache: Path, entries: list[Entry], side: int, seed: int) -> None:
        self.cache, self.side, self.seed = cache, side, seed
        self.rendered = [e for e in entries if e.kind == "rendered"]
        self.keyed = [e for e in entries if e.kind == "keyed"]
        self.taught = [e for e in entries if e.kind == "teacher"]
        self.grounds = [e for e in entries if e.kind == "background"]
        self.things = [e for e in entries if e.kind == "thing"]
        share = np.array([WEIGHTS.get(e.group, 1.0) for e in self.taught])
        self.share = share / max(share.sum(), 1e-9)

    def __call__(self, number: int) -> Sample:
        random = np.random.default_rng((self.seed, number))
        kind = random.random()
        if kind < AS_IS:
            sample = self.as_is(self.any_taught(random), random)
        else:
            sample = self.composite(random, any_scene(random, nobody=kind > 1 - NOBODY))
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
        if random.random() < TURNED:
            planes = np.rot90(planes, int(random.integers(1, 4)))
        if random.random() < 0.3:
            planes = letterbox(planes)
        planes = resize(np.ascontiguousarray(planes), self.side, self.side)
        return Sample(np.ascontiguousarray(planes[..., :3]), planes[..., 3], planes[..., 4])

    def composite(self, random: Random, scene: Scene) -> Sample:
        """People of any photos on a new background; alpha is their union."""
        side = self.side
        ground = self.furnished(random, scene.things)
        photo = ground.astype(np.float32)
        alpha = np.zeros((side, side), np.float32)
        trust = np.full((side, side), 255, np.uint8)
        stretch = np.exp(random.uniform(-0.5, 0.5)) if random.random() < 0.5 else 1.0
        dim = np.float32(random.uniform(0.02, 0.3) if scene.backlit else 1)
        if scene.backlit:
            photo += (255 - photo) * np.float32(random.uniform(0.2, 0.8))
        for number in range(scene.people):
            layer = place(self.whole_head(random), side, stretch, scene.people, number, random)
            colours, cover = layer[..., :3], layer[..., 3] / np.float32(255)
            if scene.alike and number == 0:
                photo = augment.alike(ground, colours, cover)
            elif random.random() < 0.7:
                augment.harmonise(colours, cover, ground, random.uniform(0, 0.5))
            if scene.held and number == 0:
                self.hold(layer, random)
                cover = layer[..., 3] / np.float32(255)
            colours *= dim
            photo += (np.clip(colours, 0, 255) - photo) * cover[..., None]
            alpha += (1 - alpha) * cover
            trust[(layer[..., 4] < 128) & (cover > 0.01)] = 0
        if scene.desk:
            colours, cover = clutter.desk(side, self.ground(random), random)
            photo += (colours - photo) * cover[..., None]
            alpha *= 1 - cover
        return Sample(photo.round().astype(np.uint8), (alpha * 255).round().astype(np.uint8), trust)

    def furnished(self, random: Random, things: int) -> Pixels:
        """A background with so many things in it, sometimes all out of focus."""
        ground = self.ground(random)
        for _ in range(things):
            cutout = self.cutout(random)
            colours, cover = clutter.thing(self.side, self.ground(random), cutout, random)
            ground = (ground + (colours - ground) * cover[..., None]).round().astype(np.uint8)
        if things and random.random() < 0.4:
            ground = augment.blur(ground, random.uniform(0.6, 4) * self.side / 512)
        return ground

    def whole_head(self, random: Random) -> Pixels:
        """A person to paste; one whose head the photo cuts off would end in mid-air, so draw again (a few times)."""
        for _ in range(4):
            planes = self.load(self.anybody(random))
            if planes[:3, :, 6].max() < 25:
                break
        return planes

    def anybody(self, random: Random) -> Entry:
        """One of all people, by the shares of their kinds; of those that there are."""
        if self.rendered and (random.random() < RENDERED or not (self.taught or self.keyed)):
            return self.rendered[random.integers(len(self.rendered))]
        if self.keyed and (not self.taught or random.random() < KEYED):
            return self.keyed[random.integers(len(self.keyed))]
        return self.any_taught(random)

    def hold(self, layer: Floats, random: Random) -> None:
        """Put a thing before the person of a layer (foreground RGB, alpha, trust), in place."""
        thing = clutter.held(self.side, self.ground(random), self.cutout(random), layer[..., 3] / np.float32(255), random)
        if thing is not None:
            colours, cover = thing
            layer[..., :3] += (colours - layer[..., :3]) * cover[..., None]
            layer[..., 3:] += (255 - layer[..., 3:]) * cover[..., None]

    def cutout(self, random: Random) -> Pixels | None:
        """A rendered thing, h x w x 4 RGBA; or None, for a made-up one."""
        if not self.things or random.random() >= CUT_OUT:
            return None
        return self.load(self.things[random.integers(len(self.things))])

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
        out = resize(crop(picture, random), self.side, self.side)
        return augment.blur(out, random.uniform(0.8, 6) * self.side / 512) if random.random() < 0.4 else out


def any_scene(random: Random, nobody: bool) -> Scene:
    """Each of what a scene may have, by its share; without people where nobody is wanted."""
    alike = bool(random.random() < ALIKE)
    things = int(random.integers(1, 4)) if random.random() < CLUTTERED else 0
    desk, held, backlit = (bool(random.random() < share) for share in (DESK, HELD, BACKLIT))
    return Scene(0 if nobody else crowd(random), alike, things, desk, held, backlit)


def crowd(random: Random) -> int:
    """How many people: mostly one."""
    return int(random.choice([1, 2, 3, 4], p=[0.75, 0.15, 0.06, 0.04]))


def letterbox(planes: Pixels) -> Pixels:
    """Grey bars around photo, alpha, trust (5 planes) up to a square; nobody is in the bars, and that is certain."""
    height, width = planes.shape[:2]
    side = max(height, width)
    out = np.empty((side, side, 5), np.uint8)
    out[:] = (PAD, PAD, PAD, 0, 255)
    top, left = (side - height) // 2, (side - width) // 2
    out[top : top + height, left : left + width] = planes
    return out
