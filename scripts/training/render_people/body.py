"""A person's shape and pose: MakeHuman's macro targets, then linear blend skinning (both after MakeHuman's documentation)."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

import numpy as np

from scripts.training.render_people.assets import Assets, Floats, Proxy

Turns = dict[str, list[tuple[str, float]]]  # of each bone: axis and degrees, one after the other
AGES = {"baby": 0.0, "child": 0.1875, "young": 0.5, "old": 1.0}
RACES = ("african", "asian", "caucasian")


@dataclass(frozen=True)
class Looks:
    """age, weight, muscle and height as MakeHuman counts them, 0..1: 0.12 is about six years, 0.19 eleven, 0.5 twenty-five.
    races: shares of the three, in the order of RACES."""

    male: bool
    age: float
    weight: float
    muscle: float
    height: float
    races: tuple[float, float, float]
    faces: dict[str, float] = field(default_factory=dict)


def between(value: float, marks: dict[str, float]) -> dict[str, float]:
    """The shares of the two marks beside a value; they sum to 1."""
    names = list(marks)
    shares = np.interp(value, list(marks.values()), np.arange(len(names)))
    low = int(min(shares, len(names) - 2))
    return {names[low]: 1 - (shares - low), names[low + 1]: shares - low}


def macro_targets(looks: Looks) -> dict[str, float]:
    """Which of MakeHuman's macro targets make up such a person, and how much of each."""
    gender = "male" if looks.male else "female"
    ages = between(looks.age, AGES)
    muscles = between(looks.muscle, {"minmuscle": 0, "averagemuscle": 0.5, "maxmuscle": 1})
    weights = between(looks.weight, {"minweight": 0, "averageweight": 0.5, "maxweight": 1})
    tall = {"minheight": max(0, 1 - 2 * looks.height), "maxheight": max(0, 2 * looks.height - 1)}
    out = {}
    for (race, much), (age, share) in product(zip(RACES, looks.races, strict=True), ages.items()):
        out[f"macrodetails/{race}-{gender}-{age}"] = much * share
    for (age, share), (muscle, strong), (weight, heavy) in product(ages.items(), muscles.items(), weights.items()):
        out[f"macrodetails/universal-{gender}-{age}-{muscle}-{weight}"] = share * strong * heavy
        for height, much in tall.items():
            out[f"macrodetails/height/{gender}-{age}-{muscle}-{weight}-{height}"] = share * strong * heavy * much
    return {name: share for name, share in out.items() if share > 1e-3}


class Body:
    """A person at rest, and what hangs on the person, ready to be posed."""

    def __init__(self, assets: Assets, looks: Looks) -> None:
        self.mesh, _ = assets.base
        self.bones, self.skinning = assets.skeleton, assets.skinning
        self.column = {bone.name: number for number, bone in enumerate(self.bones)}
        self.rest = self.mesh.points.copy()
        for name, share in (macro_targets(looks) | looks.faces).items():
            points, moves = assets.target(name)
            self.rest[points] += share * moves
        self.joints = {bone.name: self.rest[list(bone.joint)].mean(0) for bone in self.bones}

    def fitted(self, proxy: Proxy) -> tuple[Floats, Floats]:
        """A proxy's points on the body at rest, and their skinning. Offsets grow as the body does below the proxy."""
        below = np.unique(proxy.anchors)
        scale = self.rest[below].std(0) / np.maximum(self.mesh.points[below].std(0), 1e-9)
        points = (self.rest[proxy.anchors] * proxy.weights[..., None]).sum(1) + proxy.offsets * scale
        skinning = np.maximum((self.skinning[proxy.anchors] * proxy.weights[..., None]).sum(1), 0)
        return points, skinning / skinning.sum(1, keepdims=True)

    def frames(self, turns: Turns) -> Floats:
        """Each bone's motion as a 3 x 4 matrix: it turns about its joint, and its children with it."""
        of: dict[str, Floats] = {"": np.eye(4)}
        for bone in self.bones:
            turn = np.eye(3)
            for axis, degrees in turns.get(bone.name, []):
                turn = rotation(axis, degrees) @ turn
            joint = self.joints[bone.name]
            own = np.eye(4)
            own[:3, :3], own[:3, 3] = turn, joint - turn @ joint
            of[bone.name] = of[bone.parent] @ own
        return np.stack([of[bone.name][:3] for bone in self.bones])

    def posed(self, points: Floats, skinning: Floats, frames: Floats) -> Floats:
        """Points at rest moved by linear blend skinning."""
        blended = np.tensordot(skinning, frames, 1)
        return np.asarray(np.einsum("nij,nj->ni", blended[:, :, :3], points) + blended[:, :, 3])

    def joint(self, name: str, frames: Floats) -> Floats:
        """Where a bone's joint is in a pose."""
        motion = frames[self.column[name]]
        moved: Floats = motion[:, :3] @ self.joints[name] + motion[:, 3]
        return moved


def rotation(axis: str, degrees: float) -> Floats:
    """A right-handed rotation about x, y or z."""
    sin, cos = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    out = np.eye(3)
    out[first, first] = out[second, second] = cos
    out[first, second], out[second, first] = -sin, sin
    return out
