"""A camera's raw file: its own JPEG of full size, through LibRaw, where the optional package rawpy is installed.

Most cameras put the finished picture, as the photographer saw it on the display, beside the sensor's samples. Only that is
taken: developing the samples would be another program's look. A raw file whose JPEG is a preview is refused in words.
LibRaw finds the JPEG, and is asked for nothing else; its bytes then go the way of every JPEG, with its limits.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from io import BytesIO

from matting import tags
from matting.colour_space import named_profile
from matting.errors import UnreadablePhoto, UnsupportedPhoto
from matting.exif import kept
from matting.headers import Header
from matting.jpeg import jpeg_header

_FULL = 0.9  # of the sensor's longer or shorter side: cameras crop a little, or to another shape
# LibRaw's turn of the samples -> EXIF orientation. Bit 0 mirrors across, bit 1 down, bit 2 transposes after that.
_ORIENTATION = {0: 1, 1: 2, 2: 4, 3: 3, 4: 5, 5: 8, 6: 6, 7: 7}


@dataclass(frozen=True, slots=True)
class _Found:
    """size: of the sensor's picture (width, height), not turned; turn: LibRaw's."""

    jpeg: bytes
    size: tuple[int, int]
    turn: int


def raw_header(data: bytes, refusal: UnsupportedPhoto) -> Header:
    """The header of its JPEG, as that of a photo. refusal: what is said of the file where it has none.

    Raises:
        UnsupportedPhoto: rawpy is not installed, LibRaw does not know the file, or it holds no JPEG of full size.
        UnreadablePhoto: damaged. PhotoTooLarge: see `matting.jpeg.jpeg_header`.
    """
    found = _found(data, refusal)
    with_added = jpeg_header(found.jpeg)
    header = jpeg_header(_as_in(data, found.jpeg))
    wide = (header.width >= header.height) == (found.size[0] >= found.size[1])
    sizes = list(zip(sorted((header.width, header.height)), sorted(found.size), strict=True))
    if all(side < _FULL * sensor for side, sensor in sizes):
        raise UnsupportedPhoto(
            f"{str(refusal).split(':')[0]}: its JPEG has only {header.width} x {header.height} of {found.size[0]} x "
            f"{found.size[1]} pixels; export it as JPEG or TIFF, or set the camera to JPEG"
        )
    # A JPEG that lies the other way than the sensor is upright.
    # A TIFF's first directory tells the turn; makers' notes have led LibRaw astray (Nikon D70).
    page = tags.read_directory(data)
    told = page is not None and tags.ORIENTATION in page.entries
    turn = page.orientation() if page is not None and told else _ORIENTATION.get(found.turn, 1)
    return replace(
        header,
        orientation=turn if wide else 1,
        icc=header.icc or named_profile(page),
        dpi=None if page is None else page.dpi(),
        about=kept(page) or header.about or with_added.about,
    )


def _as_in(data: bytes, jpeg: bytes) -> bytes:
    """The JPEG as the file holds it: LibRaw puts EXIF of its own before one that does not begin with EXIF."""
    if jpeg[2:4] != b"\xff\xe1" or jpeg[6:10] != b"Exif":
        return jpeg
    bare = jpeg[:2] + jpeg[4 + int.from_bytes(jpeg[4:6], "big") :]
    return bare if bare[:64] in data else jpeg


def _found(data: bytes, refusal: UnsupportedPhoto) -> _Found:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of parts of the package that are not used here
            import rawpy
    except ImportError as error:
        raise UnsupportedPhoto(str(refusal)) from error
    try:
        with rawpy.imread(BytesIO(data)) as raw:
            sizes, thumb = raw.sizes, raw.extract_thumb()
    except (rawpy.LibRawFileUnsupportedError, rawpy.LibRawNoThumbnailError, rawpy.LibRawUnsupportedThumbnailError) as error:
        raise UnsupportedPhoto(str(refusal)) from error
    except (rawpy.LibRawError, ValueError) as error:
        raise UnreadablePhoto("the raw file is damaged or cut short: copy it again") from error
    if thumb.format != rawpy.ThumbFormat.JPEG or not isinstance(thumb.data, bytes):
        raise UnsupportedPhoto(str(refusal))
    cropped = (sizes.crop_width, sizes.crop_height)
    size = cropped if min(cropped) > 0 else (sizes.width, sizes.height)
    return _Found(thumb.data, (int(size[0]), int(size[1])), int(sizes.flip))
