"""The rules that an ID photo is measured by, and the faces that no ID photo can be made of.

Limits of pose: ISO/IEC 19794-5 asks for 5 degrees; what the landmarks tell is good to a few degrees only, so advice begins at
10, and a photo is refused from 25 on. Between the eyes it asks for 90 pixels. Light, sharpness, brow and eyes: set by looking
at portraits, see models/face/README.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matting.errors import FaceUnfit, NoFaceFound, SeveralFaces
from matting.face.values import Face, Look
from matting.id_photo.place import Place, Side
from matting.id_photo.report import Finding
from matting.id_photo.specification import Range, Specification

_TURNED, _TURNED_ADVICE = 25.0, 10.0
_PITCH = 7.0  # what the mesh tells of people who look straight ahead
_MOST_ROLL = 30.0
_CLOSED, _CLOSED_ADVICE = 0.17, 0.20
_HIDDEN, _HIDDEN_ADVICE = 3.0, 5.0
_BROW, _BROW_ADVICE = 30.0, 20.0
_LIGHT, _SHARP = 0.5, 0.12
_LEAST_EYES, _GOOD_EYES = 30.0, 90.0  # pixels of the photo
_OTHER = 0.3  # a face of so much of the largest one's size counts as a second person
_MOST_LARGER = 2.0  # times a photo is enlarged at most
_TOLERANCE = 0.05  # mm


@dataclass(frozen=True, slots=True)
class Seen:
    """A photo's one face, and how it was photographed."""

    face: Face
    look: Look


def the_face(faces: Sequence[Face], turn: int | None) -> Face:
    """The one face. turn: quarters of a turn that would show one where there is none, see `matting.face.finder.quarter_turn`.

    Raises:
        NoFaceFound: none. SeveralFaces: more than one that is about as large.
    """
    if not faces:
        if turn is not None:
            how = {1: "a quarter to the left", 2: "upside down", 3: "a quarter to the right"}[turn]
            way = "it stands upside down: turn it round" if turn == 2 else f"turn the photo {how}"
            raise FaceUnfit(f"the face does not stand upright; {way}")
        raise NoFaceFound("no face found: an ID photo needs one that looks into the camera")
    largest = faces[0]
    others = [each for each in faces[1:] if each.eye_distance > _OTHER * largest.eye_distance]
    if others:
        raise SeveralFaces(f"{len(others) + 1} faces found: an ID photo shows one person alone")
    return largest


def refuse_unfit(seen: Seen) -> None:
    """Raises FaceUnfit where no ID photo can be made of a face, whatever the rule; the sentence says what to do."""
    face, look = seen.face, seen.look
    if face.eye_distance < _LEAST_EYES:
        raise FaceUnfit(f"the face is too small, {face.eye_distance:.0f} pixels between the eyes: go nearer")
    if abs(face.roll) > _MOST_ROLL:
        raise FaceUnfit(f"the head leans by {abs(face.roll):.0f} degrees: take it again with the head upright")
    if abs(face.yaw) > _TURNED:
        raise FaceUnfit(f"the face is turned away by {abs(face.yaw):.0f} degrees: look into the camera")
    if abs(face.pitch - _PITCH) > _TURNED:
        raise FaceUnfit("the face looks up or down: hold the camera at the height of the eyes")
    if look.open < _CLOSED:
        raise FaceUnfit("the eyes are closed: take it again with open eyes")
    if look.white < _HIDDEN:
        raise FaceUnfit("the eyes are not to be seen, closed or behind dark glasses: take it again with open eyes")
    if look.brow > _BROW:
        raise FaceUnfit("something covers the brow, a hat or hair: take it again with a free face")


def on_rule(rule: Specification, place: Place) -> list[Finding]:
    """The head's size and place on the finished picture, in mm."""
    found = []
    if rule.head is not None:
        top = "the crown" if rule.crown == "skull" else "the top of the hair"
        found.append(_within(f"head, chin to {top}", place.head, rule.head))
    if rule.eyes is not None:
        found.append(_within("eyes above the lower edge", place.eyes, rule.eyes))
    if rule.top_gap is not None:
        found.append(_within("room above the head", place.crown, rule.top_gap))
    inside = place.hair >= -_TOLERANCE
    found.append(Finding("hair within the picture", f"{place.hair:.1f} mm above it", "0 mm or more", inside, required=False))
    lacks = [each for each in place.missing if each.cuts]
    told = ", ".join(f"{each.mm:.1f} mm {_WHERE[each.side]}" for each in lacks) or "nothing missing"
    found.append(Finding("the photo has all that the picture shows", told, "nothing missing", not lacks))
    larger = place.scale
    words = f"{larger:.2f} of the photo's pixels" if larger <= 1 else f"enlarged {larger:.2f} times"
    found.append(Finding("resolution", words, f"not enlarged more than {_MOST_LARGER:.0f} times", larger <= _MOST_LARGER))
    return found


def on_face(seen: Seen) -> list[Finding]:
    """How the face was photographed: advice."""
    face, look = seen.face, seen.look
    rows = (
        ("eyes apart in the photo", f"{face.eye_distance:.0f} px", f"{_GOOD_EYES:.0f} px", face.eye_distance >= _GOOD_EYES),
        ("head turned", f"{face.yaw:+.0f} degrees", f"up to {_TURNED_ADVICE:.0f}", abs(face.yaw) <= _TURNED_ADVICE),
        ("head raised", f"{face.pitch - _PITCH:+.0f} degrees", "up to 15", abs(face.pitch - _PITCH) <= 15),
        ("head leaning, made upright", f"{face.roll:+.1f} degrees", "up to 15", abs(face.roll) <= 15),
        ("eyes open, height by width", f"{look.open:.2f}", f"{_CLOSED_ADVICE:.2f} or more", look.open >= _CLOSED_ADVICE),
        (
            "eyes to be seen, by their white",
            f"{look.white:.0f}",
            f"{_HIDDEN_ADVICE:.0f} or more",
            look.white >= _HIDDEN_ADVICE,
        ),
        ("brow free, by its colour", f"{look.brow:.0f}", f"up to {_BROW_ADVICE:.0f}", look.brow <= _BROW_ADVICE),
        ("light even, darker cheek by the other", f"{look.light:.0%}", f"{_LIGHT:.0%} or more", look.light >= _LIGHT),
        ("sharpness about the eyes", f"{look.sharpness:.2f}", f"{_SHARP:.2f} or more", look.sharpness >= _SHARP),
    )
    return [Finding(*row, required=False) for row in rows]


def lacking(place: Place) -> str:
    """What the photo lacks, as a sentence; "" for nothing."""
    lacks = [f"{each.mm:.1f} mm {_WHERE[each.side]}" for each in place.missing if each.cuts]
    if lacks:
        return f"the photo lacks {' and '.join(lacks)}: take it again from farther away"
    if place.scale > _MOST_LARGER:
        return f"the face has too few pixels, they would be enlarged {place.scale:.1f} times: go nearer, or ask for fewer DPI"
    return ""


def where(side: Side) -> str:
    """In words."""
    return _WHERE[side]


_WHERE: dict[Side, str] = {
    "above": "above the head",
    "below": "below the head",
    "left": "left of the person",
    "right": "right of the person",
}


def _within(rule: str, value: float, wanted: Range) -> Finding:
    return Finding(rule, f"{value:.1f} mm", f"{wanted.low:g} to {wanted.high:g} mm", wanted.holds(value, _TOLERANCE))
