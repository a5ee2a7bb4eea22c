"""What is asked for of a photo."""

from __future__ import annotations

from dataclasses import dataclass, field

from matting.avatar import Avatar
from matting.backgrounds.base import Background
from matting.backgrounds.none import NoBackground
from matting.formats.base import Format
from matting.formats.png import PNG
from matting.framing import Framing
from matting.id_photo.portrait import Wish
from matting.photo import Controls, Limits


@dataclass(frozen=True, slots=True, eq=False)
class Settings:
    """Everything `cut` needs to know besides the photo.

    crop: None for the full frame, else the margin around the subject as a fraction of the subject's larger side
    (0.05 = 5 %). mask: also give the alpha as an 8-bit grey PNG. to_srgb: convert colours instead of keeping the profile.
    framing: how the finished cut-out is laid before its background, after a crop; None: as it is.
    id_photo: a picture to a rule, by the face; neither crop, framing nor background count then.
    keep_exif: camera, date, artist and copyright go with a JPEG or PNG that is no ID photo.
    avatar: a square or circle about the face; neither crop nor framing count then.
    """

    controls: Controls = field(default_factory=Controls)
    background: Background = field(default_factory=NoBackground)
    format: Format = PNG
    mask: bool = False
    crop: float | None = None
    to_srgb: bool = False
    framing: Framing | None = None
    id_photo: Wish | None = None
    avatar: Avatar | None = None
    keep_exif: bool = False
    limits: Limits = field(default_factory=Limits)

    @property
    def by_face(self) -> bool:
        """Whether the face decides what is in the picture."""
        return self.id_photo is not None or self.avatar is not None
