"""HEIC, the format of iPhones, where the optional package pillow-heif is installed."""

from __future__ import annotations

import numpy as np

from matting import tags
from matting.errors import PhotoTooLarge, UnreadablePhoto, UnsupportedPhoto
from matting.exif import kept
from matting.headers import Header, check_pixels
from matting.heif_items import read_items
from matting.raster import BROKEN, Raster

# Decoded pixels, in the limit's: a phone's photo takes twice its own, in tiles and put together, 2.5 times with the
# largest of its gain and depth maps. 48 MP take 0.3 s to decode (x86-64).
_MOST_WORK = 4


def heif_raster(data: bytes, most: int) -> tuple[Header, Raster]:
    """The primary picture. The library applies the container's turn; EXIF's is a copy of it and not for use (HEIF 6.5.10).

    Raises:
        UnsupportedPhoto: pillow-heif is not installed. UnreadablePhoto, PhotoTooLarge: as for the other formats, and
        for one that is put together of far larger pictures.
    """
    try:
        import pillow_heif
    except ImportError as error:
        raise UnsupportedPhoto("HEIC is not taken without its decoder: pip install pillow-heif") from error
    work = read_items(data).work()
    if work > _MOST_WORK * most:
        raise PhotoTooLarge(
            f"the HEIC is made of {work / 1e6:.0f} MP of pictures, at most {_MOST_WORK * most / 1e6:.0f} MP are taken"
        )
    try:
        file = pillow_heif.open_heif(data, convert_hdr_to_8bit=True)
        if not file.info.get("primary"):  # the library leaves out what it cannot read, and shows the first of the rest
            raise UnreadablePhoto("the main picture of the HEIC cannot be read: copy the file again")
        width, height = file.size
        check_pixels(width, height, most)
        pixels = np.asarray(file)
    except BROKEN as error:
        raise UnreadablePhoto(f"the HEIC is damaged ({str(error).strip()}): copy the file again") from error
    if pixels.dtype != np.uint8 or file.mode not in ("L", "LA", "RGB", "RGBA", "RGBa"):
        raise UnsupportedPhoto(f"a HEIC of the kind {file.mode} is not taken")
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    exif = tags.read_directory((file.info.get("exif") or b"").removeprefix(b"Exif\0\0"))
    dpi, icc = exif.dpi() if exif else None, file.info.get("icc_profile")
    header = Header("HEIC", width, height, b"", icc=icc, dpi=dpi, about=kept(exif))
    grey = pixels.shape[2] < 3
    rgb = np.repeat(pixels[:, :, :1], 3, axis=2) if grey else np.array(pixels[:, :, :3])
    opacity = np.ascontiguousarray(pixels[:, :, -1]) if pixels.shape[2] in (2, 4) else None
    return header, Raster(rgb, opacity, grey=grey)
