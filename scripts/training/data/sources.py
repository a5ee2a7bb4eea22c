"""Which photos and backgrounds there are, which of them validate, and which teacher labels are too bad to learn from."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.float32]

VALIDATION_SHARE = 0.1
MORE_VALIDATION = {"interfaces": 0.35, "openpeople": 0.35}  # few people, and the hair that decides
FULL_BODY = "posture"  # in the name of a cut-out that has a shadow on the floor in its lowest tenth
SECOND_TEACHER = ("ccp", "faker")  # the sets with a second opinion in mattes_isnet
LICENCES = {
    "ccp": ("bearpaw/clothing-co-parsing, street photos, full body", "Apache-2.0 (repository)"),
    "congress": ("vharnathka/cse151a, official US portraits", "public domain as far as known"),
    "faker": ("faker-js/assets-person-portrait, generated portraits", "CC0 1.0"),
    "man_unsplash": ("djbielejeski/...-man_unsplash, half-body men", "Unsplash by its name, no licence file"),
    "pixabay_faces": ("Hossein88-eng/gender-classification-doe, tight heads", "Pixabay Content Licence"),
    "creativetim": ("material-kit, soft-ui-design-system, paper-kit-2, half-body people", "MIT (packages)"),
    "interfaces": ("cjdowner/interfaces, tight portraits: afro, locs, curls, hijab", "CC0 when uploaded (Pexels, visualhunt)"),
    "openpeople": ("PyPI openpeople 0.1.2, ten generated people", "MIT (package)"),
    "voteview": ("voteview/member_photos, official US portraits, most before flags", "public domain as far as known"),
    "cutouts": ("of interfaces and openpeople, hair keyed out of smooth grounds", "as their photos"),
    "packages": ("scripts/training/people_photos.tsv, portraits, half and full bodies", "MIT (packages)"),
    "rendered": ("scripts.training.render_people, MakeHuman's people drawn with Blender", "CC0 1.0 (MakeHuman's own assets)"),
    "things": ("@lobehub/fluent-emoji-3d 1.1.0, rendered things", "MIT (Microsoft's Fluent emoji)"),
    "backgrounds": (
        "Poly Haven panoramas in perspective; wallpapers of pop-os and elementary; scripts/training/background_photos.tsv",
        "CC0; free Unsplash; MIT (packages)",
    ),
}
SAME_PERSON = Path(__file__).with_name("voteview_people.tsv")

Kind = Literal["teacher", "keyed", "rendered"]


@dataclass(frozen=True)
class Person:
    """One photo with its matte, which comes from a teacher, is near-true alpha from an even backdrop, or exact."""

    source: str
    stem: str
    photo: Path
    matte: Path
    second: Path | None
    kind: Kind
    validation: bool


@dataclass(frozen=True)
class Background:
    """A picture without people; `place` groups overlapping views, so that no place is on both sides of the split."""

    place: str
    photo: Path
    validation: bool


def is_validation(key: str) -> bool:
    """A split that depends on the name alone, so adding data moves nobody."""
    share = MORE_VALIDATION.get(key.split()[0], VALIDATION_SHARE)
    return int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) / 16**8 < share


def person_key(source: str, stem: str) -> str:
    """What must not be split. Street photos of one wearer are numbered in a row: keep 40 numbers together. Photos of one
    package, whose name theirs begin with, may show one person."""
    if source == "ccp" and stem.isdigit():
        return f"ccp {int(stem) // 40}"
    if source == "packages":
        return f"package {stem.split('_')[0]}"
    return f"{source} {stem}"


def place_key(stem: str) -> str:
    """Views of one panorama share all but the trailing number."""
    return re.sub(r"[_.-]\d+$", "", stem)


def same_person(data: Path) -> dict[str, str]:
    """person_key by "source stem" where a table says who is shown: the ten of openpeople by the folder of their photos,
    official portraits of voteview by the name that the same person has in congress."""
    keys = {}
    for stem, origin in _table(data / "photos" / "openpeople.tsv", "file", "source"):
        if found := re.search(r"/(P\d+)/", origin):
            keys[f"openpeople {stem}"] = f"openpeople {found[1]}"
    for stem, name in _table(SAME_PERSON, "voteview", "congress"):
        keys[f"voteview {stem}"] = person_key("congress", name)
    return keys


def _table(path: Path, *fields: str) -> Iterator[list[str]]:
    """Some fields of each line of a table with a head, parted by tabs; none where there is no such file."""
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as lines:
            yield from ([row[f] for f in fields] for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def people(data: Path) -> Iterator[Person]:
    """Every photo below data/photos that has a matte; keyed mattes come as a second entry of their photo's person, and so do
    cut-outs."""
    known = same_person(data)
    for photo in sorted((data / "photos").glob("*/*.*")):
        source, stem = photo.parent.name, photo.stem
        if source == "voteview" and f"{source} {stem}" not in known:
            continue  # whoever it is may be on the other side of the split
        validation = is_validation(known.get(f"{source} {stem}", person_key(source, stem)))
        matte = data / "mattes" / source / f"{stem}.png"
        keyed = data / "mattes" / f"{source}_keyed" / f"{stem}.png"
        if matte.is_file():
            second = data / "mattes_isnet" / source / f"{stem}.png"
            other = second if source in SECOND_TEACHER and second.is_file() else None
            yield Person(source, stem, photo, matte, other, "rendered" if source == "rendered" else "teacher", validation)
        if keyed.is_file():  # the first teacher is the second opinion on a keyed matte
            yield Person(source, stem, photo, keyed, matte, "keyed", validation)
    for cutout in sorted((data / "cutouts").glob("*.png")):
        of, _, stem = cutout.stem.partition("_")
        whose = ("interfaces" if of == "interfaces" else "openpeople", stem)
        validation = is_validation(known.get(" ".join(whose), person_key(*whose)))
        yield Person("cutouts", cutout.stem, cutout, cutout, None, "keyed", validation)


def backgrounds(data: Path) -> Iterator[Background]:
    """Every picture below data/backgrounds."""
    for photo in sorted((data / "backgrounds").glob("*/*.*")):
        place = place_key(photo.stem)
        yield Background(place, photo, is_validation(f"place {place}"))


def things(data: Path) -> Iterator[Path]:
    """Every cut-out of a thing below data/things; the folder may be missing."""
    return iter(sorted((data / "things").glob("*.*")))


def reject_reason(alpha: Plane, second: Plane | None) -> str | None:
    """Why a label (H x W in 0..1) cannot be learned from, or None. Bounds chosen by looking at what they drop."""
    coverage = float(alpha.mean())
    if not 0.04 <= coverage <= 0.97:
        return f"covers {coverage:.2f} of the photo"
    vague = float(((alpha > 0.1) & (alpha < 0.9)).mean())
    if vague > 0.08 + 0.06 * coverage:
        return f"vague on {vague:.2f} of the photo"
    if second is not None:
        apart = float(np.abs(alpha - second).mean())
        if apart > 0.02:
            return f"teachers differ by {apart:.3f}"
    return None


def merge(alpha: Plane, second: Plane | None, kind: Kind) -> tuple[Plane, Plane]:
    """Alpha and trust in it (both H x W, 0..1): the mean of two teachers where they agree, no trust elsewhere."""
    if second is None or kind != "teacher":
        return alpha, np.ones_like(alpha)
    agree = np.abs(alpha - second) < 0.35
    merged = np.where(agree, 0.5 * (alpha + second), alpha).astype(np.float32)
    return merged, agree.astype(np.float32)
