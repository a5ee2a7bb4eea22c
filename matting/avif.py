"""AVIF, where Pillow brings its decoder: its wheels do from 11.3 on."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import features
from PIL.ImageFile import ImageFile

from matting import tags
from matting.avif_items import avif_items
from matting.errors import PhotoTooLarge, UnreadablePhoto, UnsupportedPhoto
from matting.exif import kept
from matting.headers import Header, check_pixels
from matting.raster import BROKEN, Raster

_MOST_WORK = 4  # decoded pixels, in the limit's; a photo with its alpha takes 2


def avif_raster(data: bytes, most: int) -> tuple[Header, Raster]:
    """The primary picture. What the container says of turns comes as EXIF's orientation, from Pillow.

    Raises:
        UnsupportedPhoto: Pillow has no decoder. UnreadablePhoto, PhotoTooLarge: as for the other formats, and for one that is
            put together of far larger pictures.
    """
    if "avif" not in features.modules or not features.check_module("avif"):
        raise UnsupportedPhoto("AVIF is not taken without its decoder: pip install 'pillow>=11.3'")
    from PIL.AvifImagePlugin import AvifImageFile

    work = avif_items(data).work()
    if work > _MOST_WORK * most:
        raise PhotoTooLarge(
            f"the AVIF is made of {work / 1e6:.0f} MP of pictures, at most {_MOST_WORK * most / 1e6:.0f} MP are taken"
        )
    try:
        image: ImageFile = AvifImageFile(BytesIO(data))
        check_pixels(image.width, image.height, most)
        image.load()
    except BROKEN as error:
        raise UnreadablePhoto(f"the AVIF is damaged ({str(error).strip()}): copy the file again") from error
    pixels = np.asarray(image if image.mode in ("RGB", "RGBA") else image.convert("RGBA"))
    exif = tags.read_directory((image.info.get("exif") or b"").removeprefix(b"Exif\0\0"))
    header = Header(
        "AVIF", image.width, image.height, b"",
        orientation=exif.orientation() if exif else 1, icc=image.info.get("icc_profile"), dpi=exif.dpi() if exif else None,
        about=kept(exif),
    )  # fmt: skip
    opacity = np.ascontiguousarray(pixels[..., 3]) if pixels.shape[2] == 4 else None
    return header, Raster(np.array(pixels[..., :3]), opacity)
