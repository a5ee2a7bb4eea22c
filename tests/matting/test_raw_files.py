"""Cameras' raw files: their own JPEG of full size, or a refusal. Other TIFFs that begin with a preview: never the preview."""

from __future__ import annotations

import contextlib
import sys

import numpy as np
import pytest
from PIL import Image, ImageCms

from matting.colour_space import adobe_rgb
from matting.decode import decode
from matting.errors import PhotoError, PhotoTooLarge, UnreadablePhoto, UnsupportedPhoto
from matting.photo import Limits
from tests.matting.hostile import picture, saved
from tests.matting.tiff_files import Page, dng_file, rgb_page, sensor_page, tiff_file

LIMITS = Limits()
MAKE, DNG_VERSION, THUMBNAIL = 271, 50706, (120, 160)


def made_by(page: Page, make: str) -> Page:
    page.tags[MAKE] = (2, make.encode() + b"\0")
    return page


def dng(page: Page) -> Page:
    page.tags[DNG_VERSION] = (1, [1, 4, 0, 0])
    return page


def thumbnail(*below: Page, **tags: int) -> Page:
    page = rgb_page(*THUMBNAIL, **tags)
    page.below = list(below)
    return page


RAW = {
    "Nikon NEF": [made_by(thumbnail(sensor_page(300, 400), subfile=1), "NIKON CORPORATION")],
    "Sony ARW": [made_by(thumbnail(sensor_page(300, 400), subfile=1), "SONY")],
    "Pentax PEF": [made_by(sensor_page(300, 400), "PENTAX Corporation"), thumbnail()],
    "Samsung SRW": [made_by(thumbnail(), "SAMSUNG"), rgb_page(20, 30), sensor_page(300, 400)],
    "DNG": [dng(made_by(thumbnail(sensor_page(300, 400), subfile=1), "NIKON CORPORATION"))],
    "DNG (linear)": [dng(thumbnail(rgb_page(300, 400, photometric=34892), subfile=1))],
    "DNG (picture first)": [dng(rgb_page(300, 400))],
    "its maker's own": [made_by(thumbnail(sensor_page(300, 400)), "Nobody's Cameras")],
    "maker's own": [thumbnail(thumbnail(sensor_page(300, 400)))],
    "Nikon": [made_by(thumbnail(rgb_page(300, 400), subfile=1), "NIKON")],
    "Hasselblad 3FR": [made_by(thumbnail(rgb_page(300, 400, subfile=0)), "Hasselblad")],
}


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("name", RAW)
def test_raw_files_that_are_tiffs_are_refused_by_their_content(name: str, order: str) -> None:
    with pytest.raises(UnsupportedPhoto, match=r"camera's raw file .*export it as JPEG or TIFF, or set the camera") as error:
        decode(tiff_file(RAW[name], order), LIMITS)
    assert name.split(" (")[0] in str(error.value)


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"FUJIFILMCCD-RAW 0201FF", "Fujifilm RAF"),
        (b"IIU\0\x18\0\0\0", "Panasonic RW2"),
        (b"IIRO\x08\0\0\0", "Olympus ORF"),
        (b"IIRS\x08\0\0\0", "Olympus ORF"),
        (b"MMOR\0\0\0\x08", "Olympus ORF"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1", "Canon CR3"),
        (b"II\x1a\0\0\0HEAPCCDR", "Canon CRW"),
        (b"\0MRM\0\0\0\0", "Minolta MRW"),
        (b"FOVb\0\0\2\0", "Sigma X3F"),
        (b"II*\0\x08\1\0\0IIIITwaR", "Phase One IIQ"),
    ],
)
def test_raw_files_with_a_mark_of_their_own_are_named(start: bytes, name: str) -> None:
    with pytest.raises(UnsupportedPhoto, match=rf"camera's raw file \({name}\)"):
        decode(start + bytes(500), LIMITS)


def test_canon_cr2_is_refused_though_its_first_page_is_a_whole_jpeg() -> None:
    data = tiff_file([rgb_page(*THUMBNAIL)], magic=b"CR\2\0\0\0\0\0")
    directory = data[int.from_bytes(data[4:8], "little") :]
    assert decode(data, LIMITS).rgb.shape == (*THUMBNAIL, 3)  # a plain TIFF may hold those bytes
    with pytest.raises(UnsupportedPhoto, match="Canon CR2"):
        decode(b"II*\0\x10\0\0\0CR\2\0\0\0\0\0" + directory, LIMITS)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    "pages",
    [
        [thumbnail(subfile=1), rgb_page(300, 400)],
        [thumbnail(old_subfile=2), rgb_page(20, 30), rgb_page(300, 400)],
        [thumbnail(rgb_page(300, 400), subfile=1)],
        [thumbnail(rgb_page(300, 400))],
        [thumbnail(rgb_page(20, 30), rgb_page(300, 400))],
        [thumbnail(subfile=1), thumbnail(rgb_page(300, 400))],
    ],
    ids=["next page", "third page", "below", "below, not marked", "second below", "below the next page"],
)
def test_a_preview_of_a_larger_picture_is_not_taken_for_it(pages: list[Page], order: str) -> None:
    with pytest.raises(UnsupportedPhoto, match="only a small copy of the picture"):
        decode(tiff_file(pages, order), LIMITS)


def test_a_raw_file_cut_short_behind_its_thumbnail_is_no_thumbnail() -> None:
    page = thumbnail(subfile=1)
    page.tags[330] = (4, [4_000_000])
    with pytest.raises((UnsupportedPhoto, UnreadablePhoto)):
        decode(tiff_file([page]), LIMITS)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    "pages",
    [
        [rgb_page(120, 160), rgb_page(300, 400), rgb_page(20, 30)],
        [thumbnail(rgb_page(60, 80, subfile=1), rgb_page(30, 40, subfile=1))],
        [rgb_page(120, 160, subfile=1)],
        [rgb_page(120, 160, subfile=2), rgb_page(300, 400, subfile=2)],
        [rgb_page(120, 160), rgb_page(300, 400, subfile=1)],
        [made_by(rgb_page(120, 160), "NIKON CORPORATION"), rgb_page(20, 30, subfile=1)],
    ],
    ids=["pages", "pyramid", "alone", "pages of a document", "second is a copy", "a camera's own TIFF"],
)
def test_the_first_of_ordinary_pages_is_taken(pages: list[Page], order: str) -> None:
    assert decode(tiff_file(pages, order), LIMITS).rgb.shape == (120, 160, 3)


def test_directories_that_go_round_in_circles_end() -> None:
    page = thumbnail()
    page.tags[330] = (4, [8 + i for i in range(32)])
    data = bytearray(tiff_file([page, rgb_page(20, 30)]))
    data[-4:] = data[4:8]
    assert decode(bytes(data), LIMITS).rgb.shape == (*THUMBNAIL, 3)


def test_a_tiff_that_another_program_wrote_with_a_cameras_name_is_taken() -> None:
    exif = Image.Exif()
    exif[MAKE] = "NIKON CORPORATION"
    assert decode(saved(picture(), "TIFF", exif=exif), LIMITS).rgb.shape == picture().shape


# -- the JPEG that a camera puts beside its samples -------------------------------------------------------------------


def camera_jpeg(height: int, width: int, **wishes: object) -> bytes:
    """Red above, blue below, the left quarter dark."""
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[: height // 2], rgb[height // 2 :] = (200, 60, 40), (40, 60, 200)
    rgb[:, : width // 4] //= 2
    return saved(rgb, "JPEG", quality=95, subsampling=0, **wishes)


UPRIGHT = {
    1: ((100, 30, 20), (200, 60, 40), (20, 30, 100)),
    2: ((200, 60, 40), (100, 30, 20), (40, 60, 200)),
    3: ((40, 60, 200), (20, 30, 100), (200, 60, 40)),
    6: ((20, 30, 100), (100, 30, 20), (40, 60, 200)),
    8: ((200, 60, 40), (40, 60, 200), (100, 30, 20)),
}


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", UPRIGHT)
def test_the_cameras_own_jpeg_of_full_size_is_taken_upright(orientation: int, order: str) -> None:
    pytest.importorskip("rawpy")
    photo = decode(dng_file(camera_jpeg(300, 400), (300, 400), (304, 408), order, orientation), LIMITS)
    assert photo.rgb.shape == ((400, 300, 3) if orientation >= 5 else (300, 400, 3))
    corners = [photo.rgb[5, 5], photo.rgb[5, -5], photo.rgb[-5, 5]]
    for found, wanted in zip(corners, UPRIGHT[orientation], strict=True):
        assert found.tolist() == pytest.approx(wanted, abs=6)
    assert photo.dpi == (300, 300)
    assert photo.about is not None and b"Nobody" in photo.about


def test_a_jpeg_that_was_turned_already_is_not_turned_again() -> None:
    pytest.importorskip("rawpy")
    photo = decode(dng_file(camera_jpeg(400, 300), (400, 300), (300, 400), orientation=6), LIMITS)
    assert photo.rgb.shape == (400, 300, 3)


def test_the_jpegs_profile_counts_and_so_does_a_space_that_is_only_named() -> None:
    pytest.importorskip("rawpy")
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    with_profile = decode(dng_file(camera_jpeg(300, 400, icc_profile=icc), (300, 400), (300, 400)), LIMITS)
    assert with_profile.icc == icc
    named = decode(dng_file(camera_jpeg(300, 400, exif=adobe_exif()), (300, 400), (300, 400)), LIMITS)
    assert named.icc == adobe_rgb()
    assert decode(camera_jpeg(300, 400, exif=adobe_exif()), LIMITS).icc == adobe_rgb()  # cameras write such JPEGs alone, too
    seen = decode(camera_jpeg(300, 400, exif=adobe_exif()), LIMITS, to_srgb=True).rgb[5, -5]
    assert seen.tolist() == pytest.approx((231, 56, 31), abs=9)


def adobe_exif() -> bytes:
    exif = Image.Exif()
    exif.get_ifd(34665)[40961] = 65535
    exif.get_ifd(34665)[40965] = {1: "R03"}
    return exif.tobytes()


@pytest.mark.parametrize("size", [(120, 160), (240, 320)])
def test_a_raw_file_whose_jpeg_is_a_preview_says_so(size: tuple[int, int]) -> None:
    pytest.importorskip("rawpy")
    with pytest.raises(UnsupportedPhoto, match=rf"only {size[1]} x {size[0]} of 400 x 300 pixels; export"):
        decode(dng_file(camera_jpeg(*size), size, (300, 400)), LIMITS)


def test_its_jpeg_obeys_the_limit_and_damage_is_told() -> None:
    pytest.importorskip("rawpy")
    good = dng_file(camera_jpeg(300, 400), (300, 400), (300, 400))
    with pytest.raises(PhotoTooLarge):
        decode(good, Limits(pixels=100_000))
    at = good.index(b"\xff\xd8\xff")
    with pytest.raises((UnreadablePhoto, UnsupportedPhoto)):
        decode(good[: at + 400], LIMITS)
    rng = np.random.default_rng(5)
    for _ in range(60):
        data = np.frombuffer(good, np.uint8).copy()
        data[rng.integers(0, 700 if rng.random() < 0.7 else data.size, 3)] = rng.integers(0, 256, 3)
        with contextlib.suppress(PhotoError):
            decode(data.tobytes(), Limits(pixels=1_000_000))


def test_without_its_package_a_raw_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rawpy", None)
    with pytest.raises(UnsupportedPhoto, match=r"\(DNG\) is not taken: export it"):
        decode(dng_file(camera_jpeg(300, 400), (300, 400), (300, 400)), LIMITS)
