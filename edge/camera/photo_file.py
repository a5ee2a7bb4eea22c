"""A frame as a photo in the hot folder's inbox: from there on it goes the way of every photo, and cannot be lost."""

from __future__ import annotations

import shutil
import time
from pathlib import Path, PurePosixPath

import simplejpeg
from PIL import Image

from edge.camera.frame import Frame
from edge.fs.files import make_folders, write_atomic
from edge.fs.names import free_names
from matting.errors import OutputError
from matting.photo import U8

QUALITY = 97
_SPARE = 64 << 20  # bytes that a picture must leave free: outputs and the journal live on the same disk
_DATE_TIME, _EXIF_IFD, _DATE_TIME_ORIGINAL, _SOFTWARE = 0x0132, 0x8769, 0x9003, 0x0131


def store(frame: Frame, inbox: Path, folder: str) -> PurePosixPath:
    """Write the frame at full size, durable when this returns, as inbox/folder/folder-DATE-TIME-MS.jpg; gives that path
    within the inbox.

    Raises:
        OutputError: the disk is full, gone or read-only.
    """
    now = time.time()
    data = jpeg(frame.rgb(), now)
    target = inbox / folder
    stem = f"{folder}-{time.strftime('%Y%m%d-%H%M%S', time.localtime(now))}-{int(now * 1000) % 1000:03d}"
    try:
        if not inbox.is_dir():
            raise FileNotFoundError(2, "the inbox, or the disk that it was on, is gone")
        make_folders(target)
        if shutil.disk_usage(target).free < len(data) + _SPARE:
            raise OSError(28, "the disk is full")
        path = free_names(stem, [(target, ".jpg")])[0]
        write_atomic(path, data)
    except OSError as error:
        raise OutputError(f"the picture cannot be written to {target}: {error.strerror}") from error
    return PurePosixPath(folder, path.name)


def jpeg(rgb: U8, taken: float) -> bytes:
    """JPEG with full colour resolution, and EXIF that says when it was taken (seconds since 1970)."""
    data: bytes = simplejpeg.encode_jpeg(rgb, QUALITY, colorspace="RGB", colorsubsampling="444")
    exif = _exif(taken)
    # Right behind the start of the picture, in a segment of its own; the JFIF segment that follows does no harm.
    return data[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + data[2:]


def _exif(taken: float) -> bytes:
    exif = Image.Exif()
    when = time.strftime("%Y:%m:%d %H:%M:%S", time.localtime(taken))
    exif[_DATE_TIME], exif[_SOFTWARE] = when, "edge-matting"
    exif.get_ifd(_EXIF_IFD)[_DATE_TIME_ORIGINAL] = when
    return exif.tobytes()
