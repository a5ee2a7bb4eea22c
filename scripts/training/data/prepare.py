"""Prepare people and backgrounds once: read, judge, estimate foreground colours, keep as arrays that can be mapped.

A person is uint8 H x W x 8: photo RGB, foreground RGB, alpha, trust. Foregrounds: the multi-level method of
Germer, Uelwer, Conrad and Harmeling, "Fast Multi-Level Foreground Estimation" (2020), as in pymatting.
"""

from __future__ import annotations

import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt
from pymatting import estimate_foreground_ml
from tqdm import tqdm

from scripts.training.data import sources

Pixels = npt.NDArray[np.uint8]
Number = TypeVar("Number", np.uint8, np.float32)
PERSON_SIDE = 768
BACKGROUND_SIDE = 1024


@dataclass(frozen=True)
class Entry:
    """One prepared array; `kind` is teacher, keyed, rendered, background or thing, `group` its source or place."""

    kind: str
    group: str
    stem: str
    validation: bool
    file: str


def shrink(picture: npt.NDArray[Number], side: int) -> npt.NDArray[Number]:
    """Area-average down to at most `side` pixels on the longer side; smaller pictures stay."""
    scale = side / max(picture.shape[:2])
    if scale >= 1:
        return picture
    return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(picture.dtype)


def read_matte(path: Path, height: int, width: int) -> sources.Plane:
    """An 8-bit grey file as H x W float32 in 0..1."""
    plane = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if plane is None:
        raise ValueError(f"unreadable matte: {path}")
    smaller = plane.shape[0] > height
    how = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    sized = cv2.resize(plane.astype(np.float32) / 255, (width, height), interpolation=how)
    return np.clip(sized, 0, 1).astype(np.float32)


def read_photo(path: Path) -> Pixels:
    """H x W x 3 RGB."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError(f"unreadable photo: {path}")
    return np.ascontiguousarray(picture[..., ::-1]).astype(np.uint8)


def network_input(photo: Pixels) -> sources.Plane:
    """H x W x 3 RGB as 1 x 3 x H x W in -1..1, which MODNet takes and our network too."""
    return np.ascontiguousarray(((photo.astype(np.float32) - 127.5) / 127.5).transpose(2, 0, 1)[None])


def prepare_person(person: sources.Person, target: Path) -> str | None:
    """Write the person's planes; or nothing, and say why the label is unusable."""
    if target.is_file():
        return None
    if person.source == "cutouts":
        save(target, read_cutout(person.photo))
        return None
    photo = shrink(read_photo(person.photo), PERSON_SIDE)
    height, width = photo.shape[:2]
    alpha = read_matte(person.matte, height, width)
    second = read_matte(person.second, height, width) if person.second else None
    reason = None if person.kind == "rendered" else sources.reject_reason(alpha, second)
    if reason:
        return reason
    alpha, trust = sources.merge(alpha, second, person.kind)
    colours = estimate_foreground_ml(photo / 255.0, alpha.astype(np.float64))
    planes = np.dstack([photo, np.clip(colours * 255, 0, 255).round(), (alpha * 255).round(), trust * 255])
    save(target, planes.astype(np.uint8))
    return None


def save(target: Path, array: Pixels) -> None:
    """Whole or not at all, so that what is there need not be made again."""
    part = target.with_name(f".{target.name}")
    np.save(part, array)  # the name ends in .npy already
    part.replace(target)


def read_cutout(path: Path) -> Pixels:
    """A person cut out of a photo, as planes; on grey where nobody is. The floor below whole bodies has a shadow: it goes."""
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if picture is None or picture.ndim != 3 or picture.shape[2] != 4:
        raise ValueError(f"not a picture with alpha: {path}")
    tall = picture.shape[0] - (picture.shape[0] // 10 if sources.FULL_BODY in path.stem else 0)
    cover = picture[:tall, :, 3:].astype(np.float32) / 255
    premultiplied = shrink(np.dstack([picture[:tall, :, 2::-1] * cover, cover * 255]).astype(np.float32), PERSON_SIDE)
    alpha = premultiplied[..., 3:]
    colours = premultiplied[..., :3] / np.maximum(alpha, 1) * 255
    photo = premultiplied[..., :3] + 127 * (1 - alpha / 255)
    planes = np.dstack([photo, colours, alpha, np.full_like(alpha, 255)])
    return np.asarray(planes.round().clip(0, 255), np.uint8)


def read_thing(path: Path) -> Pixels:
    """A cut-out as h x w x 4 RGBA, without the empty border."""
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if picture is None or picture.ndim != 3 or picture.shape[2] != 4:
        raise ValueError(f"not a picture with alpha: {path}")
    left, top, width, height = cv2.boundingRect((picture[..., 3] > 8).astype(np.uint8))
    return np.ascontiguousarray(picture[top : top + height, left : left + width][..., [2, 1, 0, 3]]).astype(np.uint8)


def read_index(work: Path) -> list[Entry]:
    """What has been prepared in work/cache; nothing before it is complete."""
    index = work / "cache" / "index.json"
    return [Entry(**row) for row in json.loads(index.read_text())] if index.is_file() else []


def prepare(data: Path, work: Path, jobs: int = 2) -> list[Entry]:
    """Fill work/cache once and return its entries; what was rejected, and why, is listed in rejected.txt. Stopped and started
    again, it makes what is missing."""
    cache, index = work / "cache", work / "cache" / "index.json"
    if index.is_file():
        return read_index(work)
    cache.mkdir(parents=True, exist_ok=True)
    entries, rejected = [], []
    crowd = list(sources.people(data))
    files = [f"{p.source}{'_keyed' if p.kind == 'keyed' else ''}_{p.stem}.npy" for p in crowd]
    spawn = multiprocessing.get_context("spawn")  # numba's threads do not survive a fork
    with ProcessPoolExecutor(jobs, mp_context=spawn) as pool:
        verdicts = pool.map(prepare_person, crowd, [cache / f for f in files], chunksize=8)
        for person, file, reason in zip(crowd, files, tqdm(verdicts, "people", len(crowd)), strict=True):
            if reason:
                rejected.append(f"{file}: {reason}")
                continue
            entries.append(Entry(person.kind, person.source, person.stem, person.validation, file))
    for place in tqdm(list(sources.backgrounds(data)), "backgrounds"):
        file = f"background_{place.photo.parent.name}_{place.photo.stem}.npy"
        if not (cache / file).is_file():
            save(cache / file, shrink(read_photo(place.photo), BACKGROUND_SIDE))
        entries.append(Entry("background", place.place, place.photo.stem, place.validation, file))
    for thing in sources.things(data):
        file = f"thing_{thing.stem}.npy"
        if not (cache / file).is_file():
            save(cache / file, read_thing(thing))
        entries.append(Entry("thing", "things", thing.stem, sources.is_validation(f"thing {thing.stem}"), file))
    (work / "cache" / "rejected.txt").write_text("\n".join(rejected) + "\n")
    index.write_text(json.dumps([vars(e) for e in entries], indent=0))
    return entries
