"""What a composite shows, and how often: people, things, light, strands, and whoever walks by behind."""

from __future__ import annotations

from dataclasses import dataclass

from scripts.training.data.augment import Random

# Shares of composites with the ground in the colour of an edge, with things behind the people, with a desk before them, with a
# thing held, with the light from behind.
ALIKE, CLUTTERED, DESK, HELD, BACKLIT = 0.15, 0.4, 0.04, 0.25, 0.06
# Shares with hair grown on the people and, as many, with strands that are not theirs; with wires behind; with people who walk
# by; with posters.
HAIR, LITTER, WIRES, BYSTANDERS, POSTERS = 0.4, 0.4, 0.15, 0.33, 0.06


@dataclass(frozen=True)
class Scene:
    """What a composite shows: `people` persons, one before the other. alike: the background takes on the colour of the first
    one's edge, as dark hair before a dark room. things: how many stand behind the people; desk: one more stands before them.
    held: the first one holds a thing, which belongs to the person. backlit: all are dark, and the background is bright.
    hair: strands grow on all of them; litter: strands that are not theirs lie about; wires: some pass behind. bystanders and
    posters: how many people and pictures of people are behind them, all of it background."""

    people: int
    alike: bool = False
    things: int = 0
    desk: bool = False
    held: bool = False
    backlit: bool = False
    hair: bool = False
    litter: bool = False
    wires: bool = False
    bystanders: int = 0
    posters: int = 0


def any_scene(random: Random, nobody: bool) -> Scene:
    """Each of what a scene may have, by its share; without people where nobody is wanted."""
    alike = bool(random.random() < ALIKE)
    things = int(random.integers(1, 4)) if random.random() < CLUTTERED else 0
    desk, held, backlit = (bool(random.random() < share) for share in (DESK, HELD, BACKLIT))
    people = 0 if nobody else crowd(random)
    grown, litter, wires = (bool(random.random() < share) for share in (HAIR, LITTER, WIRES))
    bystanders = int(random.integers(1, 4)) if random.random() < BYSTANDERS else 0
    posters = int(random.random() < POSTERS)
    return Scene(people, alike, things, desk, held, backlit, grown, litter, wires, bystanders, posters)


def crowd(random: Random) -> int:
    """How many people: mostly one."""
    return int(random.choice([1, 2, 3, 4], p=[0.75, 0.15, 0.06, 0.04]))
