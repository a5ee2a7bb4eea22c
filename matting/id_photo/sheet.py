"""How ID photos lie on paper: millimetres in, millimetres out. `print_sheet` makes pixels of it.

Rows from the top, each as high as its tallest picture; pictures of one size stand side by side, further sizes follow. The
whole is centred between the borders that the printer cannot reach. Crop marks stand outside of the pictures, at their corners.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from matting.errors import SettingsError

PAPERS = {
    "9x13cm": (89.0, 127.0),
    "10x15cm": (102.0, 152.0),
    "13x18cm": (127.0, 178.0),
    "4x6in": (101.6, 152.4),
    "5x7in": (127.0, 177.8),
    "6x8in": (152.4, 203.2),
    "A6": (105.0, 148.0),
    "A5": (148.0, 210.0),
    "A4": (210.0, 297.0),
    "Letter": (215.9, 279.4),
}
_MARK, _AWAY = 3.0, 0.5  # mm: a crop mark's length, and its distance from the picture
_LEAST_SIDE, _MOST_SIDE = 20.0, 500.0  # mm, of paper
_MOST_COPIES = 200


@dataclass(frozen=True, slots=True)
class Paper:
    """In mm. border: what the printer cannot reach, on each side; gap: between two pictures."""

    width: float
    height: float
    border: float = 3.0
    gap: float = 2.0

    @property
    def turned(self) -> Paper:
        return Paper(self.height, self.width, self.border, self.gap)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a picture lies, in mm from the paper's upper left corner. index: of the pictures that were given."""

    index: int
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A line, in mm."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """A paper, the way round that holds more, with what lies on it."""

    paper: Paper
    spots: tuple[Spot, ...]
    marks: tuple[Mark, ...]


def parse_paper(text: str, *, border: float = 3.0, gap: float = 2.0) -> Paper:
    """A paper by its name, or as WIDTHxHEIGHT with mm, cm or in: "10x15cm", "A4", "100x150mm".

    "10x15cm" and "9x13cm" are the trade's names of 102 x 152 and 89 x 127 mm.

    Raises:
        SettingsError: none, or of a size that no printer takes.
    """
    named = {name.lower(): size for name, size in PAPERS.items()}
    word = text.strip().lower()
    if word in named:
        width, height = named[word]
    elif found := re.fullmatch(r"(\d+(?:\.\d+)?)x(\d+(?:\.\d+)?)(mm|cm|in)", word):
        unit = {"mm": 1.0, "cm": 10.0, "in": 25.4}[found[3]]
        width, height = float(found[1]) * unit, float(found[2]) * unit
    else:
        raise SettingsError(f"paper {text[:50]!r} does not exist: give {', '.join(PAPERS)}, or a size such as 100x150mm")
    if not _LEAST_SIDE <= min(width, height) <= max(width, height) <= _MOST_SIDE:
        raise SettingsError(f"paper {text[:50]!r} is out of range: {_LEAST_SIDE:g} to {_MOST_SIDE:g} mm to a side")
    return Paper(width, height, border, gap)


def lay_out(sizes: Sequence[tuple[float, float]], paper: Paper, copies: int | None = None) -> Sheet:
    """sizes: (width, height) of each picture in mm. copies: of each; None: as many as there is room for, of each
    equally many or one more.

    Raises:
        SettingsError: not even one of each fits, or not so many copies.
    """
    best = max((_filled(sizes, each, copies) for each in (paper, paper.turned)), key=lambda found: len(found[1]))
    spots = best[1]
    if {spot.index for spot in spots} != set(range(len(sizes))) or (copies is not None and len(spots) < copies * len(sizes)):
        wanted = "one of each" if copies is None else f"{copies} of each"
        raise SettingsError(f"{wanted} do not fit on {paper.width:g} x {paper.height:g} mm with {paper.border:g} mm of border")
    placed = tuple(_centred(spots, best[0]))
    return Sheet(best[0], placed, tuple(_marks(placed, best[0])))


def _filled(sizes: Sequence[tuple[float, float]], paper: Paper, copies: int | None) -> tuple[Paper, list[Spot]]:
    if copies is not None:
        return paper, _rows(sizes, [min(copies, _MOST_COPIES)] * len(sizes), paper) or []
    counts, spots = [0] * len(sizes), list[Spot]()
    going = True
    while going and sum(counts) < _MOST_COPIES:
        going = False
        for index in sorted(range(len(sizes)), key=lambda each: counts[each]):
            more = [count + (each == index) for each, count in enumerate(counts)]
            if (found := _rows(sizes, more, paper)) is not None:
                counts, spots, going = more, found, True
                break
    return paper, spots


def _rows(sizes: Sequence[tuple[float, float]], counts: Sequence[int], paper: Paper) -> list[Spot] | None:
    """All of them from the upper left corner on, None where they do not fit."""
    wide, high = paper.width - 2 * paper.border + 1e-6, paper.height - 2 * paper.border + 1e-6
    order = sorted(range(len(sizes)), key=lambda index: (-sizes[index][1], -sizes[index][0]))
    spots: list[Spot] = []
    left = top = tall = 0.0
    for index in [each for each in order for _ in range(counts[each])]:
        width, height = sizes[index]
        if left > 0 and left + width > wide:
            left, top, tall = 0.0, top + tall + paper.gap, 0.0
        if width > wide or top + height > high:
            return None
        spots.append(Spot(index, left, top, width, height))
        left, tall = left + width + paper.gap, max(tall, height)
    return spots


def _centred(spots: Sequence[Spot], paper: Paper) -> list[Spot]:
    x = (paper.width - max(spot.left + spot.width for spot in spots)) / 2
    y = (paper.height - max(spot.top + spot.height for spot in spots)) / 2
    return [Spot(spot.index, spot.left + x, spot.top + y, spot.width, spot.height) for spot in spots]


def _marks(spots: Sequence[Spot], paper: Paper) -> list[Mark]:
    """Two at each corner, pointing away, as long as the printer reaches and no other picture begins."""
    found = []
    for spot in spots:
        right, bottom = spot.left + spot.width, spot.top + spot.height
        for x, way in ((spot.left, -1), (right, 1)):
            for y in (spot.top, bottom):
                found += _mark(spots, paper, x, y, way, across=True)
        for y, way in ((spot.top, -1), (bottom, 1)):
            for x in (spot.left, right):
                found += _mark(spots, paper, x, y, way, across=False)
    return list(dict.fromkeys(found))


def _mark(spots: Sequence[Spot], paper: Paper, x: float, y: float, way: int, *, across: bool) -> list[Mark]:
    start, side = (x, paper.width) if across else (y, paper.height)
    ends = [start + way * (_AWAY + _MARK), side - paper.border if way > 0 else paper.border]
    for other in spots:
        begin, length = (other.left, other.width) if across else (other.top, other.height)
        low, span = (other.top, other.height) if across else (other.left, other.width)
        at = y if across else x
        near = begin if way > 0 else begin + length
        if low - 0.01 <= at <= low + span + 0.01 and (near - start) * way > 0.01:
            ends.append(near - way * _AWAY)
    end = min(ends) if way > 0 else max(ends)
    begin = start + way * _AWAY
    if (end - begin) * way < 0.3:
        return []
    return [Mark(begin, y, end, y) if across else Mark(x, begin, x, end)]
