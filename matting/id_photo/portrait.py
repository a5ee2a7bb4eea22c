"""The way of an ID photo: a cut-out and its photo in, the finished picture and its report out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from matting.backgrounds.colour import Colour
from matting.errors import FaceUnfit, OutsideRule, PhotoError
from matting.exif import in_jpeg
from matting.face import head, look
from matting.face.base import FaceNetworks
from matting.face.finder import find_faces, quarter_turn, reduced
from matting.face.geometry import scaled
from matting.face.landmarks import upside_down
from matting.face.values import F64, Face
from matting.formats.jpeg import write_jpeg
from matting.id_photo import checks
from matting.id_photo.drawing import with_lines
from matting.id_photo.file_size import within
from matting.id_photo.picture import CutOutPart, as_it_is, before_colour, shown
from matting.id_photo.place import Place, edges, place
from matting.id_photo.report import Finding, Report
from matting.id_photo.specification import Range, Specification
from matting.photo import U8, Photo

_QUALITY = 95  # of a JPEG whose length nobody asked for
_COUNTED = 0.5  # of a face must be the person's in the matte, or it is part of a background that goes


@dataclass(frozen=True, slots=True, eq=False)
class Wish:
    """What is asked for. faces: gives the networks, loaded once. colour: in place of the rule's background; keep: the photo's
    own background stays. dpi: in place of what the rule's pixels come to. kb: in place of the rule's.
    """

    rule: Specification
    faces: Callable[[], FaceNetworks]
    colour: Colour | None = None
    keep: bool = False
    dpi: float | None = None
    kb: Range | None = None


@dataclass(frozen=True, slots=True, eq=False)
class IdPhoto:
    """wish: what it was made to. pixels: HxWx3, in the space of icc. alpha: HxW, the matte on it. dpi: dots per inch, both
    ways. place: of the head."""

    wish: Wish
    pixels: U8
    alpha: U8
    icc: bytes | None
    dpi: float
    place: Place
    report: Report

    def with_lines(self) -> U8:
        """HxWx3: the lines drawn in by which it was measured, and the findings beside it."""
        return with_lines(self.pixels, self.wish.rule, self.place, self.report)


def make_each(
    cut_out: CutOutPart, alpha: U8, rgb: U8, icc: bytes | None, wishes: Sequence[Wish]
) -> tuple[IdPhoto | PhotoError, ...]:
    """An ID photo to each wish, or why there is none: NoFaceFound, SeveralFaces, FaceUnfit; OutsideRule where the photo lacks
    what the picture would show, or pixels. The face is looked for once.

    cut_out: gives the cut-out of a part of the photo; alpha: HxW, its matte; rgb: HxWx3, the photo; icc: its profile.

    Raises:
        ModelError, EngineError: of the face networks.
    """
    seen: dict[bool, checks.Seen] = {}
    made: list[IdPhoto | PhotoError] = []
    for wish in wishes:
        try:
            if wish.keep not in seen:
                seen[wish.keep] = _seen(rgb, alpha, wish)
            made.append(_made(cut_out, alpha, rgb, icc, wish, seen[wish.keep]))
        except PhotoError as error:
            made.append(error.with_traceback(None))  # its frames would keep the photo in memory
    return tuple(made)


def _made(cut_out: CutOutPart, alpha: U8, rgb: U8, icc: bytes | None, wish: Wish, seen: checks.Seen) -> IdPhoto:
    size = wish.rule.size(wish.dpi)
    measured = head.measured(seen.face, alpha)
    found = place(seen.face, measured, wish.rule, size, edges(np.full_like(alpha, 255) if wish.keep else alpha))
    if lack := checks.lacking(found):
        raise OutsideRule(lack)
    findings = checks.on_rule(wish.rule, found)
    if failed := [each for each in findings if each.required and not each.passed]:
        raise OutsideRule("; ".join(f"{each.rule}: {each.measured}, wanted {each.wanted}" for each in failed))
    pixels, matte = _pixels(cut_out, alpha, rgb, icc, wish, found.matrix, size)
    about = (Finding("size", *_size(wish, size), passed=True), *findings, *checks.on_face(seen))
    title = f"{wish.rule.country}, {wish.rule.document}"
    report = Report(wish.rule.name, title, f"{wish.rule.source} ({wish.rule.date})", about, tuple(_warnings(wish, found)))
    return IdPhoto(wish, pixels, matte, icc, wish.rule.dpi(wish.dpi), found, report)


def id_photo_file(made: IdPhoto, about: bytes | None = None) -> tuple[bytes, IdPhoto]:
    """The JPEG, of the length that is asked for where one is, and the photo with its length reported. about: EXIF for it.

    Raises:
        OutsideRule: no JPEG of that length can be made.
    """
    dpi, wanted = (made.dpi, made.dpi), made.wish.kb or made.wish.rule.kb

    def written(quality: int) -> bytes:
        data = write_jpeg(made.pixels, made.icc, dpi, quality)
        return data if about is None else in_jpeg(data, about)

    if wanted is None:
        return written(_QUALITY), made
    data, quality = within(written, made.pixels, wanted)
    words = f"{len(data) / 1000:.1f} kB, quality {quality}"
    found = Finding("length of the file", words, f"{wanted.low:g} to {wanted.high:g} kB", True)
    report = replace(made.report, findings=(*made.report.findings, found))
    return data, replace(made, report=report)


def _seen(rgb: U8, alpha: U8, wish: Wish) -> checks.Seen:
    networks = wish.faces()
    small, matte, factor = reduced(rgb, alpha)
    faces = [face for face in find_faces(small, matte, networks) if wish.keep or _of_the_person(face, matte)]
    face = checks.the_face(faces, None if faces else quarter_turn(small, networks))
    if upside_down(small, face, networks):
        raise FaceUnfit("the photo stands upside down: turn it round")
    seen = checks.Seen(scaled(face, factor), look.measured(small, face, networks))
    checks.refuse_unfit(seen)
    return seen


def _of_the_person(face: Face, alpha: U8) -> bool:
    points = face.points[:, :2].round().astype(int)
    rows, columns = np.clip(points[:, 1], 0, alpha.shape[0] - 1), np.clip(points[:, 0], 0, alpha.shape[1] - 1)
    return float((alpha[rows, columns] >= 128).mean()) >= _COUNTED


def _pixels(
    cut_out: CutOutPart, alpha: U8, rgb: U8, icc: bytes | None, wish: Wish, matrix: F64, size: tuple[int, int]
) -> tuple[U8, U8]:
    if wish.keep:
        return as_it_is(rgb, matrix, size), as_it_is(alpha, matrix, size)
    box, inner = shown(alpha.shape, matrix, size)
    nothing = np.zeros((1, 1, 3), np.uint8)
    colour = (wish.colour or wish.rule.background).behind(Photo(nothing, icc=icc), nothing[..., 0])
    assert colour is not None
    return before_colour(cut_out(box), colour, inner, size)


def _size(wish: Wish, size: tuple[int, int]) -> tuple[str, str]:
    """As it is, and as it should be."""
    dpi = wish.rule.dpi(wish.dpi)
    is_now = f"{size[0]} x {size[1]} pixels at {dpi:.0f} dpi"
    return is_now, f"{wish.rule.width:g} x {wish.rule.height:g} mm"


def _warnings(wish: Wish, found: Place) -> list[str]:
    said = []
    if wish.rule.edited == "refused" and not wish.keep:
        said.append(
            f"{wish.rule.country} refuses photos with a replaced or edited background for this document: use --background keep"
        )
    for each in found.missing:
        said.append(f"the photo ends {each.mm:.1f} mm {checks.where(each.side)} before the picture: background stands there")
    if wish.rule.head is None:
        said.append("this rule names no height of the head: ours was taken")
    if wish.rule.note:
        said.append(wish.rule.note)
    said.append(f"the rule is as known on {wish.rule.date}: ask the office before you print")
    return said
