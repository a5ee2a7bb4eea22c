from __future__ import annotations

import numpy as np
import pytest

from matting.backgrounds.base import ImageFile
from matting.backgrounds.blur import Blur
from matting.backgrounds.colour import WHITE, Colour
from matting.backgrounds.image import ImageBackground
from matting.backgrounds.none import NoBackground
from matting.backgrounds.registry import background_words, open_background, parse_background, register_background
from matting.errors import SettingsError
from matting.photo import U8


def test_backgrounds_as_people_write_them() -> None:
    assert parse_background("None") == NoBackground()
    assert parse_background(" blur ") == Blur()
    assert parse_background("#1aF") == Colour((0x11, 0xAA, 0xFF))
    assert parse_background("#10A0ff") == Colour((0x10, 0xA0, 0xFF))
    assert parse_background("White") == WHITE
    assert parse_background("rebeccapurple") == Colour((0x66, 0x33, 0x99))


@pytest.mark.parametrize("name", ["beach.jpg", "./white", "./none", "/srv/blur", "transparent", "white.png", "rgb(1,2,3)"])
def test_all_else_is_the_name_of_a_file(name: str) -> None:
    assert parse_background(f" {name} ") == ImageFile(name)


def no_file(name: str) -> U8:
    raise AssertionError(f"{name} is read")


def test_the_file_is_read_when_the_background_is_opened() -> None:
    image = np.zeros((2, 2, 3), np.uint8)
    background = open_background("beach.jpg", {"beach.jpg": image}.__getitem__)
    assert isinstance(background, ImageBackground) and background.image is image
    assert open_background("white", no_file) == WHITE


@pytest.mark.parametrize("text", ["", "  ", "#", "#12", "#GGGGGG", "#1234567"])
def test_nonsense_is_no_background(text: str) -> None:
    with pytest.raises(SettingsError):
        parse_background(text)


def test_a_sentence_says_what_there_is() -> None:
    assert background_words() == '"none", "blur", "keep", "#RRGGBB", "white" or a picture file'
    assert background_words(besides=("none", "blur", "keep")) == '"#RRGGBB", "white" or a picture file'
    with pytest.raises(SettingsError, match="already"):
        register_background("blur", lambda text: None)
