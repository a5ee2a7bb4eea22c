"""What may be kept of a photo's EXIF: when, by whom and with what it was taken. Never where, nor a thumbnail.

The block is made anew of these few texts, so that nothing else travels along. Source: EXIF 2.32, sections 4.5 and 4.6.
"""

from __future__ import annotations

import struct

from matting import tags

_MAKE, _MODEL, _CHANGED, _ARTIST, _COPYRIGHT = 271, 272, 306, 315, 33432
_TEXTS = (_MAKE, _MODEL, _CHANGED, _ARTIST, _COPYRIGHT)
_EXIF_IFD, _TAKEN = 34665, 36867
_TEXT, _LONG = 2, 4
_LONGEST = 500  # bytes of a text
_HEAD = b"MM\0*\0\0\0\x08"


def kept(found: tags.Directory | None) -> bytes | None:
    """A TIFF structure with camera, date, artist and copyright, of those that there are; None for none of them."""
    if found is None:
        return None
    first = [(tag, text) for tag in _TEXTS if (text := _text(found, tag))]
    inner = tags.read_directory(found.data, found.integer(_EXIF_IFD, 0) or None) if found.integer(_EXIF_IFD, 0) else None
    taken = None if inner is None else _text(inner, _TAKEN)
    if not first and not taken:
        return None
    if not taken:
        return _HEAD + _directory(first, len(_HEAD))
    # The pointer's value has always four bytes, so that its place changes nothing of the lengths.
    length = len(_directory([*first], len(_HEAD), pointer=0))
    start = len(_HEAD) + length
    return _HEAD + _directory(first, len(_HEAD), pointer=start) + _directory([(_TAKEN, taken)], start)


def in_jpeg(data: bytes, block: bytes) -> bytes:
    """A JPEG whose JFIF segment comes first, with the block behind that."""
    after = 4 + int.from_bytes(data[4:6], "big")
    body = b"Exif\0\0" + block
    return data[:after] + struct.pack(">HH", 0xFFE1, len(body) + 2) + body + data[after:]


def in_tiff(data: bytes, block: bytes) -> bytes:
    """A TIFF of one page, its directory written anew at its end with the block's texts. libtiff writes no EXIF directory
    through Pillow, and Pillow no text beyond ASCII."""
    order = "<" if data[:2] == b"II" else ">"
    (at,) = struct.unpack_from(order + "I", data, 4)
    (count,) = struct.unpack_from(order + "H", data, at)
    rows = [data[start : start + 12] for start in range(at + 2, at + 2 + 12 * count, 12)]
    body = bytearray(data + b"\0" * (len(data) % 2))
    found = tags.read_directory(block)
    inner = tags.read_directory(block, found.integer(_EXIF_IFD, 0)) if found and _EXIF_IFD in found.entries else None
    if inner is not None and (taken := _text(inner, _TAKEN)):
        rows.append(struct.pack(order + "HHII", _EXIF_IFD, _LONG, 1, len(body)))
        row = struct.pack(order + "HHI", _TAKEN, _TEXT, len(taken)) + _value(order, taken, len(body) + 18)
        body += struct.pack(order + "H", 1) + row + b"\0\0\0\0" + taken + b"\0" * (len(taken) % 2)
    for tag in _TEXTS:
        if found is not None and (text := _text(found, tag)):
            rows.append(struct.pack(order + "HHI", tag, _TEXT, len(text)) + _value(order, text, len(body)))
            body += text + b"\0" * (len(text) % 2)
    rows.sort(key=lambda row: struct.unpack(order + "H", row[:2]))
    struct.pack_into(order + "I", body, 4, len(body))
    return bytes(body + struct.pack(order + "H", len(rows)) + b"".join(rows) + b"\0\0\0\0")


def _value(order: str, text: bytes, at: int) -> bytes:
    """What stands in a directory for a text that lies at that offset."""
    return text.ljust(4, b"\0") if len(text) <= 4 else struct.pack(order + "I", at)


def _text(found: tags.Directory, tag: int) -> bytes | None:
    """The text with its end, None where it is no text or empty."""
    raw = found.block(tag, _LONGEST) if found.entries.get(tag, (0, 0, 0))[0] == _TEXT else None
    words = (raw or b"").split(b"\0")[0].strip()
    return words + b"\0" if words else None


def _directory(texts: list[tuple[int, bytes]], at: int, pointer: int | None = None) -> bytes:
    """A directory that begins at that offset; pointer: to the EXIF one."""
    rows = [(tag, _TEXT, len(text), text) for tag, text in texts]
    if pointer is not None:
        rows.append((_EXIF_IFD, _LONG, 1, struct.pack(">I", pointer)))
    values, table = b"", b""
    behind = at + 2 + 12 * len(rows) + 4
    for tag, kind, count, value in sorted(rows):
        table += struct.pack(">HHI", tag, kind, count)
        if len(value) <= 4:
            table += value.ljust(4, b"\0")
        else:
            table += struct.pack(">I", behind + len(values))
            values += value + b"\0" * (len(value) % 2)
    return struct.pack(">H", len(rows)) + table + b"\0\0\0\0" + values
