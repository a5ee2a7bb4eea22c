"""Somebody on the stage: body, clothes, hair, and what belongs to them, be it a wheelchair, a veil or a parcel."""

from __future__ import annotations

import numpy as np

from scripts.training.render_people import solids, stage
from scripts.training.render_people.assets import Assets, Faces, Floats
from scripts.training.render_people.body import RACES, Body
from scripts.training.render_people.poses import Random, looks, pose

UP = np.array((0.0, 1.0, 0.0))
SKIN = 13380  # points of the base mesh that are skin; the others help clothes and joints
SKIRT, MIDRIFF = "female_elegantsuit01", "female_sportsuit01"
GROWN = 0.35  # in the measure of Looks.age
SUITS = {
    True: (*(f"male_casualsuit0{n}" for n in range(1, 7)), "male_elegantsuit01", "male_worksuit01"),
    False: ("female_casualsuit01", "female_casualsuit02", SKIRT, MIDRIFF, "male_casualsuit06"),
}
SHOES = tuple(f"shoes0{n}" for n in range(1, 7))
HAIR = {
    True: ("short01", "short02", "short03", "short04", "afro01", "bob02"),
    False: ("bob01", "bob02", "long01", "ponytail01", "Braid01", "afro01", "short01"),
}
HAIR_COLOURS = ((0.5, 1.0, 0.25), (0.5, 1.0, 0.6), (0.5, 1.1, 1.1), (0.51, 1.0, 2.0), (0.49, 1.6, 1.1), (0.5, 0.05, 2.2))


class Figure:
    """Somebody on the stage, dressed and posed; `seen` are the points that the picture is framed by."""

    def __init__(self, assets: Assets, kind: str, random: Random) -> None:
        self.assets, self.random, self.kind = assets, random, kind
        self.looks = looks(kind, random)
        self.body = Body(assets, self.looks)
        self.frames = self.body.frames(pose(kind, random))
        self.skin = self.body.posed(self.body.rest, self.body.skinning, self.frames)
        self.hidden = np.zeros(len(self.skin), bool)
        self.seen = [self.skin[:SKIN]]
        self.solid = []
        without = {SKIRT} if kind == "wheelchair" else set()  # which would not bend
        without |= {MIDRIFF} if self.looks.age < GROWN else set()
        suits = [suit for suit in SUITS[self.looks.male] if suit not in without]
        suit = str(random.choice(suits))
        self.wear(f"clothes/{suit}", random.uniform(0, 1), random.uniform(0.4, 1.4), random.uniform(0.4, 1.8))
        self.wear(f"clothes/{random.choice(SHOES)}", 0.5, 1, random.uniform(0.4, 1.6))
        for name in (f"eyebrows/eyebrow0{random.integers(1, 13):02d}", "eyelashes/eyelashes03", "eyes/HighPolyEyes"):
            self.wear(name, 0.5, 1, 1)
        tint = HAIR_COLOURS[random.integers(5 if self.looks.age < 0.6 else 6)]
        self.hair, colour = self.wear(f"hair/{random.choice(HAIR[self.looks.male])}", *tint)
        if kind != "veil":  # they would stand through the cloth
            self.flyaways(colour)
        race = RACES[int(np.argmax(self.looks.races))]
        years = "young" if self.looks.age < 0.5 else "middleage" if self.looks.age < 0.75 else "old"
        skin = assets.skin(f"{years}_{race}_{'male' if self.looks.male else 'female'}")
        shade, strong = random.uniform(0.75, 1.15), random.uniform(0.8, 1.1)
        gleam = {"roughness": 0.55, "subsurface_weight": 0.08, "subsurface_scale": 0.01}
        material = stage.painted("skin", skin, 0.5, strong, shade, **gleam)
        self.solid.append(stage.dress("skin", self.skin, self.body.mesh, material, self.hidden))

    def wear(self, name: str, hue: float, strong: float, bright: float) -> tuple[Floats, stage.Colour]:
        """Put something on; its points, and its mean colour."""
        proxy = self.assets.proxy(name)
        points = self.body.posed(*self.body.fitted(proxy), self.frames)
        self.hidden |= proxy.hidden
        material = stage.painted(name, proxy.texture, hue, strong, bright, roughness=0.7)
        self.solid.append(stage.dress(name, points, proxy.mesh, material))
        self.seen.append(points)
        return points, stage.mean_colour(proxy.texture, bright)

    def at(self, bone: str) -> Floats:
        """Where a joint is now, in decimetres."""
        return self.body.joint(bone, self.frames)

    def flyaways(self, colour: stage.Colour) -> None:
        """Single hairs that stand off from the hair, hair by hair a tenth of a millimetre thick."""
        random, middle = self.random, self.hair.mean(0)
        roots = self.hair[random.integers(len(self.hair), size=int(random.uniform(100, 600)))]
        longest, curl = 0.1 + 0.6 * random.random() ** 2, random.uniform(0.1, 0.6)
        paths = []
        for root in roots:
            out = (root - middle) / max(float(np.linalg.norm(root - middle)), 1e-6)
            step = 0.5 * out + np.cross(out, random.normal(0, 1, 3)) + random.uniform(-1, 0.2) * UP
            bends = np.cumsum(random.normal(0, curl, (8, 3)), 0) - 0.1 * np.outer(np.arange(8), UP)
            path = np.cumsum(step / np.linalg.norm(step) + bends, 0)
            paths.append(root + path * longest * random.uniform(0.2, 1) / 8)
        stage.strands(paths, random.uniform(0.00004, 0.00007), stage.shaded("strand", base_color=(*colour, 1), roughness=0.5))

    def sit(self) -> None:
        """A wheelchair below and behind."""
        random, skin = self.random, self.skin
        bones = [self.body.column[f"upperleg0{n}.{side}"] for n in (1, 2) for side in "LR"]
        thigh = skin[:SKIN][self.body.skinning[:SKIN, bones].sum(1) > 0.6]
        toes = float(np.mean([self.at(f"foot.{side}")[2] for side in "LR"]))
        back = min(float(self.at(f"spine0{n}")[2]) for n in (2, 3, 4, 5)) - 1.15 * float(np.ptp(thigh[:, 1])) / 1.6
        seat, knees = float(np.quantile(thigh[:, 1], 0.03)) - 0.1, float(self.at("lowerleg01.L")[2])
        half = float(np.abs(thigh[:, 0]).max()) + 0.25
        sole = float(skin[:SKIN, 1].min()) - 0.15
        shoulder = float(self.at("upperarm01.L")[1])
        top = seat + (shoulder - seat) * random.uniform(0.6, 0.85)
        arms = min(float(self.at("lowerarm01.L")[1]), float(self.at("wrist.L")[1])) - 0.5
        parts = solids.wheelchair(solids.Seat(seat, back, knees, half), (toes, sole), top, max(arms, seat + 1))
        colours = random.uniform(0.01, 0.6, (2, 3)) * (1, random.uniform(0.2, 1), random.uniform(0.2, 1))
        shine = random.uniform(0.15, 0.4)
        materials = {
            "metal": stage.shaded("metal", base_color=(0.7, 0.7, 0.72, 1), metallic=1.0, roughness=shine),
            "frame": stage.shaded("frame", base_color=(*colours[0], 1), metallic=random.choice([0.0, 0.9]), roughness=0.3),
            "rubber": stage.shaded("rubber", base_color=(0.02, 0.02, 0.022, 1), roughness=0.7),
            "cloth": stage.shaded("cloth", base_color=(*colours[1] * 0.3, 1), roughness=0.8),
        }
        stage.solids(parts, materials)
        self.seen += [part.points for part in parts]

    def carry(self) -> None:
        """Something in both hands, or a balloon in one."""
        random = self.random
        hands = [self.at(f"finger3-1.{side}") for side in "LR"]
        middle = np.mean(hands, 0) + np.array((0, 0.2, 0.3))
        size = float(np.clip(np.linalg.norm(hands[0] - hands[1]) / 2, 0.6, 1.4))
        colour = (*random.uniform(0.02, 0.9, 3), 1)
        material = stage.shaded("thing", base_color=colour, roughness=random.uniform(0.1, 0.8))
        what = random.choice(["ball", "parcel", "sign", "balloon"])
        if what == "ball":
            parts = [solids.ball(middle, size, "thing")]
        elif what == "balloon":
            above = hands[0] + np.array((random.normal(0.5, 1), random.uniform(4, 8), random.normal(0, 1)))
            string = solids.tube([hands[0], above], 0.02, "thing", 5)
            parts = [solids.ball(above, random.uniform(1.0, 1.7), "thing", 1.2), string]
        else:
            deep, tall = (0.8, size * random.uniform(0.6, 1.2)) if what == "parcel" else (0.05, size * random.uniform(1, 2))
            half = np.array((size * 1.1, tall, deep / 2))
            parts = [solids.box(middle - half * (1, 1.4, 1), middle + half * (1, 0.6, 1), "thing")]
        stage.solids(parts, {"thing": material})
        self.seen += [part.points for part in parts]

    def veil(self) -> None:
        """A square of thin or thick cloth that falls over the head."""
        random = self.random
        top = self.hair[np.argmax(self.hair[:, 1])]
        half, count = random.uniform(3.2, 5.5), 80
        x, z = np.meshgrid(np.linspace(-half, half, count), np.linspace(-2 * half, 0, count))
        front = random.uniform(0.2, 0.9) if random.random() < 0.8 else half  # to the brow, or over the face
        flat = np.stack([x.ravel() + top[0], np.full(x.size, top[1] + 0.1), z.ravel() + top[2] + front], 1)
        pinned = np.flatnonzero(np.hypot(flat[:, 0] - top[0], flat[:, 2] - top[2]) < 0.6)
        corners = [row * count + column for row in range(count - 1) for column in range(count - 1)]
        faces: Faces = [(at, at + 1, at + count + 1, at + count) for at in corners]
        colour = tuple(random.uniform(0.05, 0.9, 3)) if random.random() < 0.5 else (0.85, 0.84, 0.82)
        cover = random.uniform(0.15, 0.6) if random.random() < 0.7 else 1.0
        stage.drape(flat, faces, pinned, stage.gauze(colour, cover), self.solid, frames=int(random.uniform(14, 24)))
