"""A JPEG of a wanted length: the best quality between two bounds, its pixels and resolution as they are."""

from __future__ import annotations

from collections.abc import Callable

from matting.errors import OutsideRule
from matting.id_photo.specification import Range
from matting.photo import U8

_WORST, _BEST = 25, 100


def within(written: Callable[[int], bytes], rgb: U8, kb: Range) -> tuple[bytes, int]:
    """The file and its quality (25 to 100). written: gives the file of a quality; rgb: HxWx3, its pixels. kb: thousands of
    bytes, and 1024 bytes hold as well: the file is at least the low bound in units of 1024 and at most the high one in units
    of 1000.

    Raises:
        OutsideRule: no quality gives such a length; the sentence says why.
    """
    size = f"{rgb.shape[1]} x {rgb.shape[0]} pixels"
    least, most = kb.low * 1024, kb.high * 1000
    low, high = _WORST, _BEST  # the best quality that fits lies between them
    data = written(_BEST)
    if len(data) <= most:
        low = _BEST
    elif len(data := written(_WORST)) > most:
        raise OutsideRule(
            f"{size} take {len(data) / 1000:.0f} kB even at quality {_WORST}, more than {kb.high:g} kB: ask for fewer DPI"
        )
    while high - low > 1:
        middle = (low + high) // 2
        tried = written(middle)
        if len(tried) <= most:
            low, data = middle, tried
        else:
            high = middle
    if len(data) < least:
        raise OutsideRule(
            f"{size} take {len(data) / 1000:.0f} kB at the best quality, less than {kb.low:g} kB: ask for more DPI"
        )
    return data, low
