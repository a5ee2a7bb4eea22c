"""What every background offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from matting.photo import U8, Photo


class Background(ABC):
    """A frozen value that can fill what is behind a person, for any number of photos.

    even: it is one colour, or nothing, and of the photo it needs the profile alone: a GPU can put it behind by itself.
    needs_matte: it looks at the photo or at its matte, so it is another one for each frame of a film.
    """

    even: ClassVar[bool] = False
    needs_matte: ClassVar[bool] = True

    @abstractmethod
    def behind(self, photo: Photo, alpha: U8) -> U8 | None:
        """HxWx3 uint8 of the photo's size, 1x1x3 for an even colour, None for nothing.

        In the photo's colour space; see `matting.profiles.from_srgb`. alpha: HxW, the photo's matte.
        """


@dataclass(frozen=True, slots=True)
class ImageFile:
    """A background that is to be read from the image file of that name, see `matting.backgrounds.image`."""

    name: str
