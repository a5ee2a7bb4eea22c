"""What every output format says of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from matting.photo import U8

# Pixels HxWx4 (RGB and straight alpha) or HxWx3, an RGB profile (None: sRGB), (x, y) in dots per inch -> a whole file.
Encoder = Callable[[U8, bytes | None, tuple[float, float] | None], bytes]


@dataclass(frozen=True, slots=True)
class Format:
    """name: as --format and matting.format have it, in lower case; aliases: further names for it.

    suffix: of its files, with the dot. alpha: whether it can be transparent; without, `encode` only gets HxWx3.
    most_side: pixels to a side that it can hold, None where no photo comes near to it. encode_about: the same as `encode`
    with an EXIF block (`matting.exif.kept`) as well, None where that is not done.
    """

    name: str
    suffix: str
    encode: Encoder
    alpha: bool = True
    aliases: tuple[str, ...] = ()
    most_side: int | None = None
    encode_about: Callable[[U8, bytes | None, tuple[float, float] | None, bytes], bytes] | None = None
