"""What is asked for of a photo."""

from __future__ import annotations

from dataclasses import dataclass, field

from matting.avatar import Avatar
from matting.backgrounds.base import Background
from matting.backgrounds.none import NoBackground
from matting.formats.base import Format
from matting.formats.png import PNG
from matting.framing import Framing
from matting.id_photo.beside import Beside
from matting.id_photo.portrait import Wish
from matting.photo import Controls, Limits


@dataclass(frozen=True, slots=True, eq=False)
class Settings:
    """Everything `cut` needs to know besides the photo.

    crop: None for the full frame, else the margin around the subject as a fraction of the subject's larger side
    (0.05 = 5 %). mask: also give the alpha as an 8-bit grey PNG. to_srgb: convert colours instead of keeping the profile.
    framing: how the finished cut-out is laid before its background, after a crop; None: as it is.
    id_photos: pictures to rules, by the face; neither crop, framing nor background count then. beside: what is made with the
    first of them. keep_exif: camera, date, artist and copyright go with the output, where its format can hold them.
    avatar: a square or circle about the face; neither crop nor framing count then.
    """

    controls: Controls = field(default_factory=Controls)
    background: Background = field(default_factory=NoBackground)
    format: Format = PNG
    mask: bool = False
    crop: float | None = None
    to_srgb: bool = False
    framing: Framing | None = None
    id_photos: tuple[Wish, ...] = ()
    beside: Beside = field(default_factory=Beside)
    avatar: Avatar | None = None
    keep_exif: bool = False
    limits: Limits = field(default_factory=Limits)

    @property
    def by_face(self) -> bool:
        """Whether the face decides what is in the picture."""
        return bool(self.id_photos) or self.avatar is not None
