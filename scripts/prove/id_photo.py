"""ID photos on real portraits: python -m scripts.prove.id_photo OUT FOLDER ... [--dlib FILE] [--number 100]

Makes ID photos of portraits, evenly taken from the folders, and measures each output anew: its matte by the network, its face
by ours and, with --dlib (dlib's shape_predictor_68_face_landmarks.dat; needs the package dlib), by another tool. Then KB
targets, and the published rules of HivisionIDPhotos beside ours. Writes OUT/report.txt and contact sheets; time and memory:
scripts/prove/id_photo_cost.py. The photos are not part of this repository, and neither are the pictures made of them.
"""

from __future__ import annotations

import argparse
import statistics
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from matting.cpu_work import open_cpu_work
from matting.decode import decode
from matting.errors import PhotoError
from matting.face import head
from matting.face.finder import find_faces
from matting.face.model import default_face_dir
from matting.face.networks import OnnxFaceNetworks
from matting.formats.jpeg import write_jpeg
from matting.id_photo.file_size import within
from matting.id_photo.portrait import Wish
from matting.id_photo.specification import Range, Specification, find_specification
from matting.model import default_model_dir, load_model
from matting.photo import U8, Limits
from matting.pipeline import CutOut, cut
from matting.pixel_work import PixelWork
from matting.presets import settings_from
from matting.settings import Settings

_KB = (Range(5, 15), Range(10, 30), Range(20, 50), Range(40, 100), Range(30, 240))
_HIVISION = 20
# HivisionIDPhotos' published defaults: share of the face's box in the picture, its centre from the top, room above the head.
_FACE_AREA, _FACE_CENTRE, _TOP = 0.2, 0.45, (0.10, 0.12)


@dataclass
class Prover:
    """work, faces: the product's. lines: of the report."""

    work: PixelWork
    faces: OnnxFaceNetworks
    lines: list[str]

    def say(self, line: str) -> None:
        print(line, flush=True)
        self.lines.append(line)

    def made(self, data: bytes, rule: Specification, dpi: float | None) -> CutOut:
        return cut(data, settings_from("id-photo", id_photos=(Wish(rule, lambda: self.faces, dpi=dpi),)), self.work)


def measured_anew(prover: Prover, output: bytes, rule: Specification) -> dict[str, float] | None:
    """Lengths in mm of a finished picture, by its own face and its own matte."""
    photo = decode(output, Limits())
    mask = cut(output, replace(Settings(), mask=True), prover.work).mask
    assert mask is not None
    matte = np.asarray(Image.open(BytesIO(mask)), np.uint8)
    found = find_faces(photo.rgb, matte, prover.faces)
    if not found:
        return None
    size = head.measured(found[0], matte)
    crown = size.skull if rule.crown == "skull" else size.hair
    mm = rule.height / photo.height
    return {
        "head": (size.chin + crown) * mm,
        "eyes": rule.height - found[0].eyes[1] * mm,
        "chin": rule.height - found[0].chin[1] * mm,
        "roll": found[0].roll,
        "off": (found[0].eyes[0] + size.centre) * mm - rule.width / 2,
    }


def by_dlib(predictor: Any, output: bytes, rule: Specification) -> tuple[float, float] | None:
    """Eyes and chin above the lower edge in mm, by dlib's 68 landmarks; None where it finds no face."""
    import dlib

    rgb = decode(output, Limits()).rgb
    found = dlib.get_frontal_face_detector()(rgb, 0)
    if len(found) != 1:
        return None
    points = np.array([(part.x, part.y) for part in predictor(rgb, found[0]).parts()], np.float64)
    mm = rule.height / rgb.shape[0]
    return rule.height - points[36:48, 1].mean() * mm, rule.height - points[8, 1] * mm


def portraits(prover: Prover, photos: list[Path], rule: Specification, dpi: float, predictor: Any) -> dict[Path, CutOut]:
    made: dict[Path, CutOut] = {}
    why: Counter[str] = Counter()
    off: dict[str, list[float]] = {"head": [], "eyes": [], "roll": [], "centre": [], "dlib eyes": [], "dlib chin": []}
    outside: list[str] = []
    for path in photos:
        try:
            done = prover.made(path.read_bytes(), rule, dpi)
        except PhotoError as error:
            why[f"{type(error).__name__}: {str(error).split(':')[0][:70]}"] += 1
            prover.say(f"  refused  {path.parent.name}/{path.name}: {error}")
            continue
        made[path] = done
        assert done.id_photo is not None
        place = done.id_photo.place
        again = measured_anew(prover, done.output, rule)
        if again is None:
            prover.say(f"  NO FACE in the output of {path.parent.name}/{path.name}")
            continue
        off["head"].append(again["head"] - place.head)
        off["eyes"].append(again["eyes"] - place.eyes)
        off["roll"].append(again["roll"])
        off["centre"].append(again["off"])
        if rule.head is not None and not rule.head.holds(again["head"]):
            outside.append(f"{path.parent.name}/{path.name} head {again['head']:.2f} mm")
        if rule.eyes is not None and not rule.eyes.holds(again["eyes"]):
            outside.append(f"{path.parent.name}/{path.name} eyes {again['eyes']:.2f} mm")
        if predictor is not None and (other := by_dlib(predictor, done.output, rule)) is not None:
            off["dlib eyes"].append((other[0] - place.eyes) / place.head * 100)
            off["dlib chin"].append((other[1] - place.chin) / place.head * 100)
    prover.say(f"{rule.name} at {dpi:g} dpi: {len(photos)} photos, {len(made)} made, {sum(why.values())} refused")
    for reason, count in why.most_common():
        prover.say(f"  {count}  {reason}")
    for name, values in off.items():
        if values:
            size = np.abs(values)
            unit = "degrees" if name == "roll" else "% of the head" if "dlib" in name else "mm"
            words = f"mean {np.mean(values):+.2f}, mean absolute {size.mean():.2f}, 95 % below {np.percentile(size, 95):.2f}"
            prover.say(f"  {name}, measured anew: {words}, largest {size.max():.2f} {unit}, {len(values)} photos")
    prover.say(f"  outside of the rule when measured anew: {len(outside)} {outside}")
    return made


def kb_targets(prover: Prover, made: dict[Path, CutOut]) -> None:
    inside = told = 0
    for done in made.values():
        assert done.id_photo is not None
        for kb in _KB:
            try:
                data, _ = within(partial(write_jpeg, done.id_photo.pixels, None, (300, 300)), done.id_photo.pixels, kb)
            except PhotoError:
                told += 1
                continue
            assert kb.low * 1000 <= len(data) <= kb.high * 1000
            inside += 1
    prover.say(f"KB targets: {len(made)} photos x {len(_KB)} bounds: {inside} inside, {told} told why not, 0 outside")


def hivision(prover: Prover, made: dict[Path, CutOut], out: Path, rule: Specification) -> None:
    """What our pictures come to by their rules' measures, and a contact sheet with ours left and theirs right: theirs has no
    face's box of ours, so the mesh's extent stands for it."""
    areas, centres, tops, cells = [], [], [], []
    for path, done in list(made.items())[:_HIVISION]:
        assert done.id_photo is not None
        rgb = done.id_photo.pixels
        faces = find_faces(rgb, done.id_photo.alpha, prover.faces)
        if not faces:
            continue
        low, high = faces[0].points[:, :2].min(axis=0), faces[0].points[:, :2].max(axis=0)
        areas.append(float((high - low).prod()) / (rgb.shape[0] * rgb.shape[1]))
        centres.append(float(low[1] + high[1]) / 2 / rgb.shape[0])
        tops.append(done.id_photo.place.hair / rule.height)
        drawn = rgb.copy()
        cv2.rectangle(drawn, tuple(int(each) for each in low), tuple(int(each) for each in high), (40, 160, 60), 2)
        for share in _TOP:
            cv2.line(drawn, (0, int(share * len(rgb))), (20, int(share * len(rgb))), (220, 40, 40), 2)
        cells.append(np.concatenate([drawn, by_their_rule(prover, path, rgb.shape[1], rgb.shape[0])], axis=1))
    for name, values, theirs in (
        ("face area", areas, _FACE_AREA),
        ("face centre", centres, _FACE_CENTRE),
        ("top gap", tops, _TOP),
    ):
        prover.say(f"{rule.name} by HivisionIDPhotos' {name} ({theirs}): median {statistics.median(values):.3f}, "
                   f"{min(values):.3f} to {max(values):.3f}")  # fmt: skip
    contact(cells, out / "hivision.png", 5, 240)


def by_their_rule(prover: Prover, path: Path, width: int, height: int) -> U8:
    """The same photo before white, laid out as their published defaults say: the face's box has so much of the area, its
    centre that height; then moved until the hair keeps the room above."""
    photo = decode(path.read_bytes(), Limits(), to_srgb=True)
    mask = cut(path.read_bytes(), replace(settings_from("id-photo"), mask=True), prover.work).mask
    assert mask is not None
    matte = np.asarray(Image.open(BytesIO(mask)), np.uint8)
    share = matte[..., np.newaxis] / 255.0
    white = np.asarray(np.rint(photo.rgb * share + 255 * (1 - share)), np.uint8)
    face = find_faces(photo.rgb, matte, prover.faces)[0]
    low, high = face.points[:, :2].min(axis=0), face.points[:, :2].max(axis=0)
    scale = (_FACE_AREA * width * height / float((high - low).prod())) ** 0.5
    middle = (low + high) / 2
    top = height * _FACE_CENTRE - scale * middle[1]
    hair = top + scale * (face.eyes[1] - head.measured(face, matte).hair)
    top += min(max(hair, _TOP[0] * height), _TOP[1] * height) - hair
    matrix = np.array([[scale, 0, width / 2 - scale * middle[0]], [0, scale, top]])
    white_border = (255, 255, 255)
    return np.asarray(cv2.warpAffine(white, matrix, (width, height), flags=cv2.INTER_AREA, borderValue=white_border), np.uint8)


def contact(cells: list[U8], target: Path, columns: int, width: int = 180) -> None:
    """Pictures side by side."""
    small = [np.asarray(cv2.resize(cell, (width, round(width * cell.shape[0] / cell.shape[1]))), np.uint8) for cell in cells]
    rows = [small[at : at + columns] for at in range(0, len(small), columns)]
    wide = [np.concatenate(row + [np.full_like(row[0], 255)] * (columns - len(row)), axis=1) for row in rows]
    Image.fromarray(np.concatenate(wide)).save(target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--number", type=int, default=100)
    parser.add_argument("--dpi", type=float, default=200, help="small portraits hold no more")
    parser.add_argument("--dlib", type=Path, metavar="FILE")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    predictor = None
    if given.dlib is not None:
        import dlib

        predictor = dlib.shape_predictor(str(given.dlib))
    prover = Prover(open_cpu_work("cpu", load_model(default_model_dir()), 2), OnnxFaceNetworks(default_face_dir()), [])
    each = -(-given.number // len(given.folders))
    photos: list[Path] = []
    for folder in given.folders:
        there = sorted(path for path in folder.iterdir() if path.suffix in (".jpg", ".png", ".webp"))
        photos += [there[int(index)] for index in np.linspace(0, len(there) - 1, min(each, len(there)))]
    given.out.mkdir(parents=True, exist_ok=True)
    made: dict[Path, CutOut] = {}
    for name in ("icao", "us-passport"):
        made = portraits(prover, photos[: given.number], find_specification(name), given.dpi, predictor) or made
        pictures = [done.id_photo.pixels for done in made.values() if done.id_photo is not None]
        contact(pictures[:60], given.out / f"contact-{name}.png", 10)
        if name == "icao":
            kb_targets(prover, made)
    inch = find_specification("cn-1-inch")
    hivision(prover, portraits(prover, photos[: given.number : 3], inch, given.dpi, None), given.out, inch)
    (given.out / "report.txt").write_text("\n".join(prover.lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
