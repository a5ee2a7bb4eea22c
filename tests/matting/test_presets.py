from __future__ import annotations

import numpy as np
import pytest

from matting.errors import SettingsError
from matting.photo import U8, Background, Controls
from matting.presets import PRESETS, parse_background, settings_from


def unread(name: str) -> U8:
    raise AssertionError(f"{name} must not be read")


def test_the_recipes_are_those_of_the_predecessor() -> None:
    assert {name: preset.controls for name, preset in PRESETS.items()} == {
        "id-photo": Controls(20, 2, 1.0),
        "e-commerce": Controls(10, 1, 1.0),
        "avatar": Controls(10, 0, 1.0),
        "complex": Controls(25, 2, 1.0),
    }
    assert PRESETS["id-photo"].format == "jpeg" and PRESETS["id-photo"].background.colour == (255, 255, 255)


def test_without_a_recipe_the_matte_is_left_alone() -> None:
    settings = settings_from()
    assert settings.controls == Controls() and settings.background.kind == "none" and settings.format == "png"


def test_each_given_value_overrides_the_recipe_even_zero() -> None:
    settings = settings_from("id-photo", erode=0, background=Background("none"), format="webp")
    assert settings.controls == Controls(20, 0, 1.0)
    assert settings.background.kind == "none" and settings.format == "webp"


def test_wrong_names_and_ranges_are_refused_with_what_there_is() -> None:
    with pytest.raises(SettingsError, match="id-photo, e-commerce, avatar, complex"):
        settings_from("passport")
    with pytest.raises(SettingsError, match="png, webp, jpeg, tiff"):
        settings_from(format="bmp")  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="crop margin"):
        settings_from(crop=-0.1)
    with pytest.raises(SettingsError, match="0 to 5"):
        settings_from("complex", erode=6)


def test_backgrounds_as_people_write_them() -> None:
    assert parse_background("None", unread).kind == "none"
    assert parse_background(" blur ", unread).kind == "blur"
    assert parse_background("#1aF", unread).colour == (0x11, 0xAA, 0xFF)
    assert parse_background("#10A0ff", unread).colour == (0x10, 0xA0, 0xFF)
    picture = np.zeros((2, 2, 3), np.uint8)
    background = parse_background("beach.jpg", {"beach.jpg": picture}.__getitem__)
    assert background.kind == "picture" and background.picture is picture


@pytest.mark.parametrize("text", ["", "  ", "#", "#12", "#GGGGGG", "#1234567"])
def test_nonsense_is_no_background(text: str) -> None:
    with pytest.raises(SettingsError):
        parse_background(text, unread)
