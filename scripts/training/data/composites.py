"""Training samples: people on new backgrounds with alpha known by construction, and photos as they are with a teacher's.

A sample depends on the seed and its number alone, so that a resumed run sees what an unbroken one would have seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from scripts.training.data import augment, clutter, hair
from scripts.training.data.augment import Pixels, Random
from scripts.training.data.bystanders import LIKE, bystander, ends_in_air, head_width, poster
from scripts.training.data.grounds import beside_person, crop, wall
from scripts.training.data.placing import figure, place, resize
from scripts.training.data.prepare import Entry
from scripts.training.data.scene import HAIR, LITTER, Scene, any_scene

Floats = npt.NDArray[np.float32]
PAD = 127  # letterbox bars: 0 after normalisation
# Shares: untouched photos; no person; of the composites' people drawn ones, keyed ones among the others, and of these such as
# are no official portraits; of the things, cut-outs of rendered ones; of the untouched photos, those turned by a quarter or a
# half.
AS_IS, NOBODY, RENDERED, KEYED, CUTOUTS, CUT_OUT, TURNED = 0.4, 0.06, 0.12, 0.55, 0.2, 0.5, 0.04
WEIGHTS = {
    "pixabay_faces": 0.5,
    "creativetim": 2.0,
    "faker": 2.0,
    "congress": 0.35,
    "man_unsplash": 1.3,
    "packages": 2.0,
    "interfaces": 2.0,
    "openpeople": 2.0,
    "voteview": 0.5,
}


@dataclass(frozen=True)
class Sample:
    """photo side x side x 3; alpha and trust side x side; all uint8."""

    photo: Pixels
    alpha: Pixels
    trust: Pixels


class Composer:
    """Makes sample number n of the given side from prepared entries. passers: who walks by behind, where not anybody does."""

    def __init__(self, cache: Path, entries: list[Entry], side: int, seed: int, passers: list[Entry] | None = None) -> None:
        self.cache, self.side, self.seed, self.passers = cache, side, seed, passers
        self.rendered = [e for e in entries if e.kind == "rendered"]
        self.keyed = [e for e in entries if e.kind == "keyed"]
        self.cutouts = [e for e in self.keyed if e.group == "cutouts"]
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
        photo, alpha, trust = np.ascontiguousarray(planes[..., :3]), planes[..., 3], planes[..., 4]
        if random.random() < HAIR / 2 and (drawn := hair.grow(photo, alpha, random)) is not None:
            photo, alpha = (
                quantised(hair.lay(drawn, photo.astype(np.float32))),
                quantised(hair.join(drawn, alpha.astype(np.float32))),
            )
        if random.random() < LITTER and (drawn := hair.litter(photo, alpha, random)) is not None:
            photo = quantised(hair.lay(drawn, photo.astype(np.float32)))
        return Sample(photo, alpha, trust)

    def composite(self, random: Random, scene: Scene) -> Sample:
        """People of any photos on a new background; alpha is their union."""
        side = self.side
        ground = self.furnished(random, scene.things)
        stretch = np.exp(random.uniform(-0.5, 0.5)) if random.random() < 0.5 else 1.0
        dim = np.float32(random.uniform(0.02, 0.3) if scene.backlit else 1)
        bright = np.float32(random.uniform(0.2, 0.8) if scene.backlit else 0)
        people = self.front(random, scene.people, stretch)
        if people and (scene.wires or scene.bystanders or scene.posters):
            ground = self.peopled(ground, people, scene, random)
        photo = ground + (255 - ground.astype(np.float32)) * bright
        alpha = np.zeros((side, side), np.float32)
        trust = np.full((side, side), 255, np.uint8)
        for number, layer in enumerate(people):
            colours, cover = layer[..., :3], layer[..., 3] / np.float32(255)
            if scene.alike and number == 0:
                photo = augment.alike(ground, colours, cover)
            elif random.random() < 0.7:
                augment.harmonise(colours, cover, ground, random.uniform(0, 0.5))
            if scene.held and number == 0:
                self.hold(layer, random)
            if scene.hair:
                self.comb(layer, random)
            cover = layer[..., 3] / np.float32(255)
            colours *= dim
            photo += (np.clip(colours, 0, 255) - photo) * cover[..., None]
            alpha += (1 - alpha) * cover
            trust[(layer[..., 4] < 128) & (cover > 0.01)] = 0
        if scene.desk:
            colours, cover = clutter.desk(side, self.ground(random), random)
            photo += (colours - photo) * cover[..., None]
            alpha *= 1 - cover
        if scene.litter and (drawn := hair.litter(quantised(photo), quantised(alpha * 255), random)) is not None:
            photo = hair.lay(drawn, photo)
        return Sample(quantised(photo), quantised(alpha * 255), trust)

    def front(self, random: Random, count: int, stretch: float) -> list[Floats]:
        """So many people at a like scale, each as placing.place gives it."""
        people: list[Floats] = []
        wide: float | None = None  # the first one's head
        for number in range(count):
            planes, enlarged = self.whole_head(random), None
            own = head_width(figure(planes, mirrored=False)) if count > 1 else None
            if wide and own:
                enlarged = wide * random.uniform(*LIKE) / own
            people.append(place(planes, self.side, stretch, count, number, random, enlarged))
            if number == 0 and count > 1 and (found := hair.head(quantised(people[0][..., 3]))):
                wide = found[2]
        return people

    def peopled(self, ground: Pixels, people: list[Floats], scene: Scene, random: Random) -> Pixels:
        """The ground with what passes behind the people: wires, posters, people walking by."""
        front = quantised(np.maximum.reduce([layer[..., 3] for layer in people]))
        behind: Floats = ground.astype(np.float32)
        if scene.wires:
            behind = hair.lay(hair.wires(self.side, random), behind)
        for number in range(scene.posters + scene.bystanders):
            if number < scene.posters:
                layer = poster(self.load(self.any_taught(random)), front, random) if self.taught else None
            else:
                layer = bystander(self.passer(random), front, random)
            if layer is None:
                continue
            behind += (layer[..., :3] - behind) * (layer[..., 3:] / np.float32(255))
            if number >= scene.posters and (row := ends_in_air(layer)) is not None:
                colours, cover = clutter.counter(self.side, self.ground(random), layer[..., 3], row, random)
                behind += (colours - behind) * cover[..., None]
        return quantised(behind)

    def passer(self, random: Random) -> Pixels:
        """Somebody to walk by behind the people."""
        return self.load(self.passers[random.integers(len(self.passers))]) if self.passers else self.whole_head(random)

    def comb(self, layer: Floats, random: Random) -> None:
        """Grow hair on the person of a layer (foreground RGB, alpha, trust), in place."""
        drawn = hair.grow(quantised(layer[..., :3]), quantised(layer[..., 3]), random)
        if drawn is None:
            return
        share = drawn[..., 3:] / np.float32(255)
        union = layer[..., 3:4] * (1 - share) + drawn[..., 3:]
        colours = layer[..., :3] * (layer[..., 3:4] / np.float32(255)) * (1 - share) + drawn[..., :3]
        layer[..., :3] = np.where(drawn[..., 3:] > 0, colours * 255 / np.maximum(union, 1e-3), layer[..., :3])
        layer[..., 3:4] = union
        layer[..., 4] = np.maximum(layer[..., 4], np.where(drawn[..., 3] > 0, 255, 0))

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
            if self.cutouts and (len(self.cutouts) == len(self.keyed) or random.random() < CUTOUTS):
                return self.cutouts[random.integers(len(self.cutouts))]
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


def quantised(plane: Floats) -> Pixels:
    """Of floats in 0..255."""
    return np.asarray(plane.round().clip(0, 255), np.uint8)


def letterbox(planes: Pixels) -> Pixels:
    """Grey bars around photo, alpha, trust (5 planes) up to a square; nobody is in the bars, and that is certain."""
    height, width = planes.shape[:2]
    side = max(height, width)
    out = np.empty((side, side, 5), np.uint8)
    out[:] = (PAD, PAD, PAD, 0, 255)
    top, left = (side - height) // 2, (side - width) // 2
    out[top : top + height, left : left + width] = planes
    return out
