"""Camera raw files, told by their content, and TIFFs whose first page is a preview: refused, with what to do instead.

`matting.raw_jpeg` gets a raw file's own JPEG out of it, before the refusal counts.

Most raw files are TIFFs whose first page is a thumbnail: read as a plain TIFF, that thumbnail would be cut out.
Sources: Adobe DNG 1.7; TIFF/EP (ISO 12234-2); TIFF 6.0 (NewSubfileType); ExifTool's tables for the makers' own marks.
"""

from __future__ import annotations

import re

from matting import tags
from matting.errors import UnsupportedPhoto

_CFA, _LINEAR_RAW = 32803, 34892  # the sensor's own samples, as PhotometricInterpretation
_REDUCED = 1  # bit 0 of NewSubfileType
_OLD_REDUCED = 2  # SubfileType
_MARKS = (  # how a file begins, and its name
    (rb"FUJIFILM", "Fujifilm RAF"),
    (rb"IIU\0", "Panasonic RW2"),
    (rb"IIR[OS]|MMOR", "Olympus ORF"),
    (rb"\0MRM", "Minolta MRW"),
    (rb"FOVb", "Sigma X3F"),
    (rb"II\x1a\0\0\0HEAPCCDR", "Canon CRW"),
    (rb"....ftypcrx ", "Canon CR3"),
    (rb"II\*\0\x10\0\0\0CR", "Canon CR2"),
    (rb"II\*\0....IIII.waR|MM\0\*....MMMMRaw", "Phase One IIQ"),
)
_MAKERS = {  # the beginning of Make, in capitals
    b"NIKON": "Nikon NEF",
    b"SONY": "Sony ARW",
    b"PENTAX": "Pentax PEF",
    b"RICOH": "Pentax PEF",
    b"CANON": "Canon",
    b"OLYMPUS": "Olympus ORF",
    b"SAMSUNG": "Samsung SRW",
    b"EPSON": "Epson ERF",
    b"SEIKO EPSON": "Epson ERF",
    b"HASSELBLAD": "Hasselblad 3FR",
    b"EASTMAN KODAK": "Kodak DCR",
    b"KODAK": "Kodak DCR",
    b"LEICA": "Leica",
    b"LEAF": "Leaf MOS",
    b"MAMIYA": "Mamiya MEF",
}


class RawFile(UnsupportedPhoto):
    """What is said of a camera's raw file that is not taken."""


def refuse_marked(data: bytes) -> None:
    """Raises RawFile for a raw file that its first bytes give away."""
    for mark, name in _MARKS:
        if re.match(mark, data, re.DOTALL):
            raise _raw(name)


def refuse_previews(page: tags.Directory) -> None:
    """Raises UnsupportedPhoto if the first page of a TIFF is not its picture: raw files (RawFile), and previews of a larger
    page."""
    others = list(tags.other_directories(page))
    directories = [page, *(directory for directory, _ in others)]
    if any(tags.DNG_VERSION in directory.entries for directory in directories):
        raise _raw("DNG")
    if any(directory.integer(tags.PHOTOMETRIC, 0) in (_CFA, _LINEAR_RAW) for directory in directories):
        raise _raw(_maker(directories))
    reduced = _is_reduced(page)
    larger = [directory for directory, below in others if (below or reduced) and _area(directory) > _area(page)]
    if larger or (reduced and tags.SUB_DIRECTORIES in page.entries):
        if any(tags.MAKE in directory.entries for directory in directories):
            raise _raw(_maker(directories))
        raise UnsupportedPhoto(
            "only a small copy of the picture in this TIFF could be read: save it as an ordinary TIFF or JPEG"
        )


def _raw(name: str) -> RawFile:
    return RawFile(f"a camera's raw file ({name}) is not taken: export it as JPEG or TIFF, or set the camera to JPEG")


def _maker(directories: list[tags.Directory]) -> str:
    makes = [(directory.block(tags.MAKE, 100) or b"").upper() for directory in directories]
    names = (name for make in makes for start, name in _MAKERS.items() if make.startswith(start))
    return next(names, "of its maker's own kind")


def _is_reduced(page: tags.Directory) -> bool:
    return bool(page.integer(tags.SUBFILE, 0) & _REDUCED) or page.integer(tags.OLD_SUBFILE, 0) == _OLD_REDUCED


def _area(directory: tags.Directory) -> int:
    return directory.integer(tags.WIDTH, 0) * directory.integer(tags.HEIGHT, 0)
