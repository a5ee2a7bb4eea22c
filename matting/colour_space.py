"""The colour space that a photo names in its EXIF instead of holding a profile: cameras do so with Adobe RGB.

Sources: EXIF 2.32 (ColorSpace, InteroperabilityIndex); DCF 2.0 ("R03"); Adobe RGB (1998), section 4.3; ICC.1:2001-04.
"""

from __future__ import annotations

import struct
from functools import cache

from matting import tags

_EXIF_IFD, _INTEROP_IFD, _COLOUR_SPACE, _MAKER_NOTE = 34665, 40965, 40961, 37500
_UNCALIBRATED, _INDEX, _ADOBE_INDEX = 65535, 1, b"R03"
_NIKON, _NIKON_SPACE, _NIKON_ADOBE = b"Nikon\0\x02", 0x1E, 2
_MOST_NOTE = 1 << 20
# CIE XYZ of the primaries, adapted to D50, and of the white point; gamma 2.19921875 in 256ths.
_PRIMARIES = {b"rXYZ": (0.60974, 0.31111, 0.01947), b"gXYZ": (0.20528, 0.62567, 0.06087), b"bXYZ": (0.14919, 0.06322, 0.74457)}
_WHITE, _GAMMA = (0.95046, 1.0, 1.08906), 563


def named_profile(first: tags.Directory | None) -> bytes | None:
    """The ICC profile of the space that EXIF (its first directory) names; None for sRGB, and for none."""
    if first is None or not (at := first.integer(_EXIF_IFD, 0)):
        return None
    exif = tags.read_directory(first.data, at)
    if exif is None:
        return None
    inner = exif.integer(_INTEROP_IFD, 0)
    interop = tags.read_directory(first.data, inner) if inner else None
    named = interop is not None and (interop.block(_INDEX, 8) or b"").startswith(_ADOBE_INDEX)
    if (exif.integer(_COLOUR_SPACE, 1) == _UNCALIBRATED and named) or _by_nikon(exif):
        return adobe_rgb()
    return None


def _by_nikon(exif: tags.Directory) -> bool:
    """Nikon tells of it in a note of its own, a TIFF structure within."""
    note = exif.block(_MAKER_NOTE, _MOST_NOTE) or b""
    inner = tags.read_directory(note[10:]) if note.startswith(_NIKON) else None
    return inner is not None and inner.integer(_NIKON_SPACE, 1) == _NIKON_ADOBE


@cache
def adobe_rgb() -> bytes:
    """An ICC profile of that space, made of its published numbers."""
    words = b"Compatible with Adobe RGB (1998)\0"
    curve = b"curv" + struct.pack(">III", 0, 1, _GAMMA << 16)[:10] + bytes(2)
    parts = {
        b"desc": b"desc" + struct.pack(">II", 0, len(words)) + words + bytes(12 + 67),
        b"cprt": b"text" + bytes(4) + b"Public Domain\0",
        b"wtpt": _xyz(_WHITE),
        **{name: _xyz(primary) for name, primary in _PRIMARIES.items()},
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    table, body = struct.pack(">I", len(parts)), b""
    start = 128 + 4 + 12 * len(parts)
    for name, data in parts.items():
        table += struct.pack(">4sII", name, start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(
        ">I4sI4s4s4s6H4s4sIIIIIiii", start + len(body), b"", 0x02100000, b"mntr", b"RGB ", b"XYZ ", 1999, 6, 3, 0, 0, 0,
        b"acsp", b"", 0, 0, 0, 0, 0, round(0.9642 * 65536), 65536, round(0.8249 * 65536),
    )  # fmt: skip
    return head.ljust(128, b"\0") + table + body


def _xyz(values: tuple[float, float, float]) -> bytes:
    return b"XYZ " + struct.pack(">Iiii", 0, *(round(value * 65536) for value in values))
