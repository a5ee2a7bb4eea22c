"""What is kept of a photo's EXIF, as Pillow reads it out of the finished files; and that its place is not."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from edge.config.options import Options
from edge.config.settings import settings_for
from matting.cpu_work import open_cpu_work
from matting.exif import in_tiff
from matting.face.shipped import shipped_faces
from matting.id_photo.portrait import Wish
from matting.id_photo.specification import Range, find_specification
from matting.model import default_model_dir, load_model
from matting.photo import U8, Limits
from matting.pipeline import cut
from matting.pixel_work import PixelWork
from matting.presets import settings_from

_MAKE, _MODEL, _ARTIST, _COPYRIGHT, _EXIF, _GPS, _TAKEN = 271, 272, 315, 33432, 34665, 34853, 36867


@pytest.fixture(scope="module")
def work() -> PixelWork:
    return open_cpu_work("cpu", load_model(default_model_dir()), 1)


def photo(kind: str) -> bytes:
    """The astronaut with a camera, a date, a place and a thumbnail's worth of notes."""
    exif = Image.Exif()
    exif[_MAKE], exif[_MODEL], exif[_COPYRIGHT] = "Canon", "R", "© NASA, public domain".encode()
    exif[37510] = b"x" * 900
    exif.get_ifd(_EXIF)[_TAKEN] = "2026:11:28 10:00:00"
    exif.get_ifd(_GPS)[1] = "N"
    exif.get_ifd(_GPS)[2] = (52.0, 31.0, 12.0)
    out = BytesIO()
    with Image.open(default_model_dir() / "trial" / "astronaut.jpg") as image:
        if kind == "TIFF":  # into which Pillow writes no EXIF directory
            image.save(out, kind)
            return in_tiff(out.getvalue(), exif.tobytes().removeprefix(b"Exif\0\0"))
        image.save(out, kind, exif=exif)
    return out.getvalue()


def no_image() -> U8:
    raise AssertionError("no background picture is asked for")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("format", ["jpeg", "png", "webp", "tiff"])
def test_camera_date_and_copyright_are_kept_on_request_and_the_place_never(kind: str, format: str, work: PixelWork) -> None:
    data = photo(kind)
    with Image.open(BytesIO(data)) as image:
        assert kind == "TIFF" or image.getexif().get_ifd(_GPS), "or this test tells nothing"
    done = cut(data, settings_for(Options(format=format, exif="keep"), no_image, Limits()), work)
    with Image.open(BytesIO(done.output)) as image:
        image.load()
        found = image.getexif()
        assert {tag: found.get(tag) for tag in (_MAKE, _MODEL, _COPYRIGHT)} == {
            _MAKE: "Canon",
            _MODEL: "R",
            _COPYRIGHT: "© NASA, public domain".encode().decode("latin-1"),  # as Pillow reads UTF-8
        }
        assert found.get_ifd(_EXIF) == {_TAKEN: "2026:11:28 10:00:00"}
        assert 37510 not in found
        assert not found.get_ifd(_GPS)
        assert _ARTIST not in found
    plain = cut(data, settings_for(Options(format=format), no_image, Limits()), work)
    with Image.open(BytesIO(plain.output)) as image:
        assert not {_MAKE, _MODEL, _COPYRIGHT, _EXIF, _GPS} & image.getexif().keys()


def test_an_id_photo_keeps_them_within_its_bounds_in_kb(work: PixelWork) -> None:
    with Image.open(BytesIO(photo("JPEG"))) as image:
        larger, out = image.resize((2048, 1320)), BytesIO()
        larger.save(out, "JPEG", quality=95, exif=image.info["exif"])
    wish = Wish(find_specification("us-visa"), shipped_faces, kb=Range(60, 61.6))
    done = cut(out.getvalue(), settings_from("id-photo", id_photos=(wish,), keep_exif=True), work)
    assert 60 * 1024 <= len(done.output) <= 61_600
    with Image.open(BytesIO(done.output)) as image:
        assert image.getexif()[_COPYRIGHT] == "© NASA, public domain".encode().decode("latin-1")
        assert not image.getexif().get_ifd(_GPS)
