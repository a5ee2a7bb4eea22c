from __future__ import annotations

import pytest

from matting.backgrounds.colour import WHITE
from matting.backgrounds.none import NoBackground
from matting.errors import SettingsError
from matting.formats.jpeg import JPEG
from matting.formats.png import PNG
from matting.formats.webp import WEBP
from matting.photo import Controls
from matting.presets import PRESETS, settings_from


def test_the_recipes_are_those_of_the_predecessor() -> None:
    assert {name: preset.controls for name, preset in PRESETS.items()} == {
        "id-photo": Controls(20, 2, 1.0),
        "e-commerce": Controls(10, 1, 1.0),
        "avatar": Controls(10, 0, 1.0),
        "complex": Controls(25, 2, 1.0),
    }
    assert PRESETS["id-photo"].format is JPEG and PRESETS["id-photo"].background == WHITE


def test_without_a_recipe_the_matte_is_left_alone() -> None:
    settings = settings_from()
    assert settings.controls == Controls() and settings.background == NoBackground() and settings.format is PNG


def test_each_given_value_overrides_the_recipe_even_zero() -> None:
    settings = settings_from("id-photo", erode=0, background=NoBackground(), format=WEBP)
    assert settings.controls == Controls(20, 0, 1.0)
    assert settings.background == NoBackground() and settings.format is WEBP


def test_wrong_names_and_ranges_are_refused_with_what_there_is() -> None:
    with pytest.raises(SettingsError, match="id-photo, e-commerce, avatar, complex"):
        settings_from("passport")
    with pytest.raises(SettingsError, match="crop margin"):
        settings_from(crop=-0.1)
    with pytest.raises(SettingsError, match="0 to 5"):
        settings_from("complex", erode=6)
