"""HEIC files put together by hand from one picture that the encoder wrote: tiles, overlays, crops, alpha.

Source: ISO/IEC 14496-12 (boxes), ISO/IEC 23008-12 (grid, iovl, ispe, clap, irot, auxC).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

SIDE = 512  # of the coded picture
_GRID, _OUTER, _TILE = 2, 3, 4


@dataclass(frozen=True)
class Coded:
    """configuration: the hvcC box; data: the coded picture of SIDE x SIDE pixels."""

    configuration: bytes
    data: bytes


@dataclass
class Item:
    kind: bytes
    data: bytes
    properties: list[bytes]
    made_of: list[int] = field(default_factory=list)
    helps: int = 0


def coded(heic: bytes) -> Coded:
    at, data = heic.index(b"hvcC") - 4, heic.index(b"mdat") - 4
    return Coded(heic[at : at + _size(heic, at)], heic[data + 8 : data + _size(heic, data)])


def single(picture: Coded) -> bytes:
    return _heic({1: _picture(picture)}, 1)


def grid(picture: Coded, rows: int, columns: int, shown: tuple[int, int] | None = None, turned: bool = False) -> bytes:
    """rows x columns times the same tile; shown: (height, width) that the grid says to have."""
    height, width = shown or (rows * SIDE, columns * SIDE)
    turn = [_box(b"irot", b"\1")] if turned else []
    return _heic({1: _picture(picture), _GRID: _grid(rows, columns, height, width, [1] * (rows * columns), turn)}, _GRID)


def grid_of_grids(picture: Coded, side: int) -> bytes:
    """A grid of grids, each of one tile of which it shows 64 x 64 pixels."""
    inner = _grid(1, 1, 64, 64, [1])
    outer = _grid(side, side, 64 * side, 64 * side, [_GRID] * side**2)
    return _heic({1: _picture(picture), _GRID: inner, _OUTER: outer}, _OUTER)


def overlay(picture: Coded, layers: int) -> bytes:
    """Layers on a canvas that says to be of 64 x 64 pixels."""
    data = struct.pack(">BB4H2H", 0, 0, 0, 0, 0, 0, 64, 64) + struct.pack(">hh", 0, 0) * layers
    return _heic({1: _picture(picture), _GRID: Item(b"iovl", data, [_ispe(64, 64)], [1] * layers)}, _GRID)


def cropped(picture: Coded, rows: int, columns: int) -> bytes:
    """A grid of which 8 x 8 pixels are shown."""
    clap = _box(b"clap", struct.pack(">IIIIiIiI", 8, 1, 8, 1, 0, 1, 0, 1))
    tiles = [1] * (rows * columns)
    return _heic({1: _picture(picture), _GRID: _grid(rows, columns, rows * SIDE, columns * SIDE, tiles, [clap])}, _GRID)


def with_alpha(picture: Coded, side: int) -> bytes:
    """One tile, with an alpha of side x side tiles."""
    alpha = _grid(side, side, side * SIDE, side * SIDE, [_TILE] * side**2)
    alpha.properties.append(_full(b"auxC", b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"))
    alpha.helps = 1
    return _heic({1: _picture(picture), _GRID: alpha, _TILE: _picture(picture)}, 1)


def of_itself(picture: Coded) -> bytes:
    both = {_GRID: _grid(1, 1, 64, 64, [_OUTER]), _OUTER: _grid(1, 1, 64, 64, [_GRID])}
    return _heic({1: _picture(picture), **both}, _GRID)


def _picture(picture: Coded) -> Item:
    return Item(b"hvc1", picture.data, [picture.configuration, _ispe(SIDE, SIDE)])


def _grid(rows: int, columns: int, height: int, width: int, tiles: list[int], more: list[bytes] | None = None) -> Item:
    data = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width, height)
    return Item(b"grid", data, [_ispe(height, width), *(more or [])], tiles)


def _ispe(height: int, width: int) -> bytes:
    return _full(b"ispe", struct.pack(">II", width, height))


def _heic(items: dict[int, Item], primary: int) -> bytes:
    properties: list[bytes] = []
    places, held = b"", b""
    associations = b""
    for number, item in items.items():
        indices = range(len(properties) + 1, len(properties) + len(item.properties) + 1)
        properties += item.properties
        associations += struct.pack(">HB", number, len(indices)) + bytes(0x80 | index for index in indices)
        places += struct.pack(">HHHHII", number, 1, 0, 1, len(held), len(item.data))
        held += item.data
    infos = b"".join(
        _full(b"infe", struct.pack(">HH4sB", number, 0, item.kind, 0), version=2) for number, item in items.items()
    )
    references = b"".join(
        _reference(b"dimg", number, item.made_of) + _reference(b"auxl", number, [item.helps] if item.helps else [])
        for number, item in items.items()
    )
    meta = [
        _full(b"hdlr", struct.pack(">I4s12sB", 0, b"pict", b"", 0)),
        _full(b"pitm", struct.pack(">H", primary)),
        _full(b"iloc", struct.pack(">HH", 0x4400, len(items)) + places, version=1),
        _full(b"iinf", struct.pack(">H", len(items)) + infos),
        _full(b"iref", references) if references else b"",
        _box(b"iprp", _box(b"ipco", b"".join(properties)) + _full(b"ipma", struct.pack(">I", len(items)) + associations)),
        _box(b"idat", held),
    ]
    return _box(b"ftyp", b"heic\0\0\0\0mif1heic") + _full(b"meta", b"".join(meta))


def _reference(kind: bytes, source: int, targets: list[int]) -> bytes:
    return _box(kind, struct.pack(f">HH{len(targets)}H", source, len(targets), *targets)) if targets else b""


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body


def _full(kind: bytes, body: bytes, version: int = 0) -> bytes:
    return _box(kind, bytes([version, 0, 0, 0]) + body)


def _size(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "big")
