"""Who somebody is, and how they hold themselves: age, build and origin, and the turn of each joint, by chance."""

from __future__ import annotations

import numpy as np

from scripts.training.render_people.body import Looks, Turns

Random = np.random.Generator
TURN = ("child", "wheelchair", "veil", "child", "wheelchair", "holding")  # whose turn it is, by number
KINDS = tuple(dict.fromkeys(TURN))


def kind_of(number: int) -> str:
    """What the picture of that number shows."""
    return TURN[number % len(TURN)]


def looks(kind: str, random: Random) -> Looks:
    """Age, build and origin; the three origins come equally often, some mixed."""
    if kind == "child":
        age = random.uniform(0.09, 0.27)
    elif kind == "wheelchair" and random.random() < 0.3:
        age = random.uniform(0.12, 0.25)
    else:
        age = random.uniform(0.35, 0.95)
    share = np.eye(3)[random.integers(3)]
    if random.random() < 0.3:
        share = random.dirichlet((1, 1, 1))
    smile = random.uniform(0, 0.8)
    faces = {
        f"expression/units/caucasian/{part}": smile for part in ("mouth-corner-puller", "eye-left-slit", "eye-right-slit")
    }
    weight, muscle, height = random.normal(0.5, 0.2, 3).clip(0, 1)
    return Looks(bool(random.random() < 0.5), age, weight, muscle, height, tuple(share), faces)


def pose(kind: str, random: Random) -> Turns:
    """Of each bone, how it turns from MakeHuman's rest, arms 42 degrees below the horizon."""
    turns: Turns = {}
    nod, lean, look = random.normal(0, 6, 3)
    turns["neck01"] = [("x", nod), ("z", lean), ("y", 2 * look)]
    turns["spine02"] = [("x", random.normal(2, 4)), ("z", random.normal(0, 3)), ("y", random.normal(0, 5))]
    style = str(random.choice(["hang", "hips", "wave", "front"]))
    if kind == "wheelchair":
        style = str(random.choice(["lap", "rests", "front", "wave"]))
    if kind == "holding":
        style = "front"
    for side, name in ((1, "L"), (-1, "R")):
        how = "hang" if style == "wave" and (side < 0) else style
        down, ahead, bend, inward, lift = {
            "hang": (random.uniform(28, 38), 0, random.uniform(-25, 10), 0, 0),
            "hips": (random.uniform(5, 15), -15, 10, 60, 0),
            "wave": (random.uniform(-50, -10), -10, 0, 0, random.uniform(50, 85)),
            "front": (32, random.uniform(5, 20), random.uniform(20, 45), random.uniform(45, 60), 0),
            "lap": (32, random.uniform(10, 20), random.uniform(-15, 5), 20, 0),
            "rests": (22, 0, random.uniform(20, 35), 5, 0),
        }[how]
        turns[f"upperarm01.{name}"] = [("z", -side * down), ("x", -ahead)]
        turns[f"lowerarm01.{name}"] = [("x", -bend), ("y", -side * inward), ("z", side * lift)]
        for finger in range(1, 6):
            turns[f"finger{finger}-2.{name}"] = [("z", -side * random.uniform(0, 20))]
        if kind == "wheelchair":
            thigh, shin = random.uniform(-86, -80), random.uniform(68, 82)
            turns[f"upperleg01.{name}"] = [("x", thigh), ("y", side * random.uniform(0, 6))]
            turns[f"lowerleg01.{name}"] = [("x", shin)]
            turns[f"foot.{name}"] = [("x", -thigh - shin)]  # flat on its rest
        else:
            turns[f"upperleg01.{name}"] = [("z", side * random.uniform(-2, 6)), ("x", random.normal(0, 4))]
    return turns
