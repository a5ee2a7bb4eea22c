from __future__ import annotations

import weakref
from io import BytesIO
from typing import Any
from zipfile import ZIP_STORED, ZipFile

import numpy as np
import pytest
from PIL import Image
from skimage import data

from matting import pipeline
from matting.backgrounds.colour import Colour
from matting.cpu_work import CpuWork
from matting.decode import decode
from matting.engines.onnx_cpu import OnnxCpuEngine
from matting.errors import NoPersonFound
from matting.formats.jpeg import JPEG
from matting.formats.zip import ZIP
from matting.framing import Framing
from matting.model import default_model_dir, load_model
from matting.photo import U8, Controls, Photo
from matting.pipeline import CutOut, cut
from matting.placement import seen_box
from matting.settings import Settings

STAGES = ["decode", "prepare", "infer", "refine", "controls", "foreground", "composite", "encode"]


@pytest.fixture(scope="module")
def work() -> CpuWork:
    model = load_model(default_model_dir())
    return CpuWork(OnnxCpuEngine(model, threads=1), model)


def as_file(rgb: U8, format: str = "PNG", **options: object) -> bytes:
    out = BytesIO()
    Image.fromarray(rgb).save(out, format, **options)
    return out.getvalue()


def pixels(result: CutOut) -> U8:
    return np.asarray(Image.open(BytesIO(result.output)))


def test_a_person_is_cut_out(work: CpuWork) -> None:
    stages: list[str] = []
    astronaut = data.astronaut()
    result = cut(as_file(astronaut), Settings(mask=True), work, stages.append)
    rgba = pixels(result)
    assert stages == STAGES == list(result.stage_ms)
    assert result.suffix == ".png" and result.size == (512, 512) and 0.2 < result.coverage < 0.8
    assert rgba[120, 220, 3] > 250 and rgba[20, 20, 3] < 5  # the face, and the flag
    assert not rgba[rgba[..., 3] == 0].any()
    full = rgba[..., 3] == 255
    np.testing.assert_array_equal(rgba[full][:, :3], astronaut[full])
    assert result.mask is not None
    np.testing.assert_array_equal(np.asarray(Image.open(BytesIO(result.mask))), rgba[..., 3])


def test_no_person_is_a_verdict(work: CpuWork) -> None:
    with pytest.raises(NoPersonFound):
        cut(as_file(np.full((300, 400, 3), 90, np.uint8)), Settings(), work)


def test_crop_and_background_go_together(work: CpuWork) -> None:
    wide = np.full((512, 1200, 3), 128, np.uint8)
    wide[:, 300:812] = data.astronaut()
    settings = Settings(Controls(10, 1, 1.0), Colour((255, 0, 255)), JPEG, crop=0.0)
    result = cut(as_file(wide), settings, work)
    assert result.suffix == ".jpg" and result.size[0] < 1000
    assert pixels(result).shape == (result.size[1], result.size[0], 3)


def test_orientation_and_resolution_come_through(work: CpuWork) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = np.rot90(data.astronaut()[:, :450], 1)
    result = cut(as_file(np.ascontiguousarray(turned), "JPEG", exif=exif, dpi=(300, 300)), Settings(), work)
    assert result.size == (450, 512)
    assert Image.open(BytesIO(result.output)).info["dpi"] == pytest.approx((300, 300), abs=0.1)


def test_what_was_transparent_stays_so(work: CpuWork) -> None:
    rgba = np.dstack([data.astronaut(), np.full((512, 512), 255, np.uint8)])
    rgba[:, :230, 3] = 0
    result = pixels(cut(as_file(rgba), Settings(), work))
    assert not result[:, :230].any() and result[120, 240, 3] > 250


@pytest.mark.parametrize("crop", [None, 0.1])
def test_the_photos_pixels_are_let_go_of_before_it_is_composed(
    work: CpuWork, crop: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At 24 megapixels they are 72 MB, as large as the foreground's colours that take their place."""
    kept: list[weakref.ref[U8]] = []

    def watched(*arguments: Any, **options: Any) -> Photo:
        photo = decode(*arguments, **options)
        kept.append(weakref.ref(photo.rgb))
        return photo

    alive: dict[str, bool] = {}

    def look(stage: str) -> None:
        alive[stage] = any(one() is not None for one in kept)

    monkeypatch.setattr(pipeline, "decode", watched)
    cut(as_file(data.astronaut()), Settings(crop=crop), work, look)
    assert alive["controls"] and not alive["composite"]


def test_a_framing_comes_before_the_background_and_tells_where_the_person_is(work: CpuWork) -> None:
    framing = Framing(scale=0.5, position=(0, 1), most_pixels=64 * 64)
    rgba = cut(as_file(data.astronaut()), Settings(framing=framing), work)
    assert rgba.size == (64, 64) and rgba.foreground is not None and rgba.foreground.left == 0
    assert rgba.foreground == seen_box(pixels(rgba)[..., 3])
    blue = cut(as_file(data.astronaut()), Settings(background=Colour((0, 0, 255)), framing=framing), work)
    assert (pixels(blue)[:, 40:] == (0, 0, 255)).all() and blue.foreground == rgba.foreground


def test_an_archive_holds_colours_and_matte(work: CpuWork) -> None:
    rgba = pixels(cut(as_file(data.astronaut()), Settings(), work))
    result = cut(as_file(data.astronaut()), Settings(format=ZIP), work)
    assert result.suffix == ".zip" and result.foreground is None
    with ZipFile(BytesIO(result.output)) as archive:
        assert archive.namelist() == ["color.jpg", "alpha.png"] and archive.testzip() is None
        assert {each.compress_type for each in archive.infolist()} == {ZIP_STORED}
        colours, matte = (Image.open(BytesIO(archive.read(name))) for name in archive.namelist())
    assert (colours.mode, matte.mode) == ("RGB", "L")
    np.testing.assert_array_equal(np.asarray(matte), rgba[..., 3])
    full = rgba[..., 3] == 255
    assert np.abs(np.asarray(colours).astype(int) - rgba[..., :3])[full].mean() < 3
