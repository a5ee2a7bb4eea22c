"""The fields of remove.bg's `POST /v1.0/removebg` as options of ours. All are text; an empty one is not there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from edge.config.options import Options
from edge.http.refused import invalid
from matting.backgrounds.colour import parse_colour_name
from matting.backgrounds.none import NoBackground
from matting.backgrounds.registry import parse_background
from matting.framing import Framing, Length
from matting.presets import settings_from

_MEGA = 1_000_000
# The most pixels of the result; None: as many as the photo has.
SIZES: Mapping[str, int | None] = {
    "preview": _MEGA // 4,
    "small": _MEGA // 4,
    "regular": _MEGA // 4,
    "medium": 3 * _MEGA // 2,
    "hd": 4 * _MEGA,
    "4k": 10 * _MEGA,
    "50mp": 50 * _MEGA,
    "full": None,
    "auto": None,
}
TYPES = ("auto", "person", "product", "animal", "car", "car_interior", "car_part", "transportation", "graphics", "other")
FORMATS = ("auto", "png", "jpg", "zip")
CHANNELS = ("rgba", "alpha")
TYPE_LEVELS = ("1", "2", "latest", "none")
# What would have to be fetched, or is not drawn here.
_NOT_HERE = {
    "image_url": "this machine is offline and fetches no photos: send it as image_file or image_file_b64",
    "bg_image_url": "this machine is offline and fetches no pictures: send it as bg_image_file",
}
_TRUE, _FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off")
_LENGTH = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)(px|%)")


def options_of(fields: Mapping[str, str], defaults: Options, *, own_background: bool) -> Options:
    """What is asked for. own_background: whether a picture to stand behind came with it.

    Raises:
        Refused: a field is wrong, or asks for what is not here.
    """
    given = {name: text.strip() for name, text in fields.items() if text.strip()}
    _refuse_what_is_not_here(given)
    _one_of(given, "type", TYPES)
    _one_of(given, "type_level", TYPE_LEVELS)
    _flag(given, "semitransparency")  # only car windows have any there: for people it changes nothing
    colour = _colour(given["bg_color"]) if "bg_color" in given else None
    if colour is not None and own_background:
        raise invalid("bg_color and bg_image_file cannot be asked for together")
    options = replace(defaults.as_in_the_photo(), mask=False, framing=_framing(given))
    if colour is not None:
        options = replace(options, background=colour)
    format = _one_of(given, "format", FORMATS)
    if _one_of(given, "channels", CHANNELS) == "alpha":
        if format not in ("auto", "png"):
            raise invalid(f"channels=alpha is a grey PNG: there is none with format={format}")
        return replace(options, format="alpha", background="none")
    if format == "auto":
        format = "jpg" if own_background or not _transparent(options) else "png"
    return replace(options, format="jpeg" if format == "jpg" else format)


def _refuse_what_is_not_here(given: Mapping[str, str]) -> None:
    for name, words in _NOT_HERE.items():
        if name in given:
            raise invalid(words)
    if _flag(given, "add_shadow") or given.get("shadow_type", "none").lower() != "none":
        raise invalid("no shadows are drawn here: ask without add_shadow and shadow_type")


def _framing(given: Mapping[str, str]) -> Framing:
    size = given.get("size", "preview").lower()
    if size not in SIZES:
        raise invalid(f"size is {_shown(size)}, expected one of {', '.join(SIZES)}")
    margin = _margin(given.get("crop_margin", "0"))
    try:
        return Framing(
            roi=_roi(given["roi"]) if "roi" in given else None,
            crop_margin=margin if _flag(given, "crop") else None,
            scale=_scale(given.get("scale", "original")),
            position=_position(given["position"]) if "position" in given else None,
            most_pixels=SIZES[size],
        )
    except ValueError as error:
        raise invalid(str(error)) from error


def _roi(text: str) -> tuple[Length, Length, Length, Length]:
    lengths = [_length("roi", word) for word in text.split()]
    if len(lengths) != 4:
        raise invalid(f"roi is {_shown(text)}, expected x1 y1 x2 y2, each in px or %")
    return lengths[0], lengths[1], lengths[2], lengths[3]


def _margin(text: str) -> tuple[Length, Length, Length, Length]:
    """One for all sides, two for top and bottom, left and right, or four: top, right, bottom, left."""
    lengths = [_length("crop_margin", word) for word in text.split()]
    if len(lengths) == 1:
        lengths *= 4
    if len(lengths) == 2:
        lengths *= 2
    if len(lengths) != 4:
        raise invalid(f"crop_margin is {_shown(text)}, expected one, two or four lengths in px or %")
    return lengths[0], lengths[1], lengths[2], lengths[3]


def _scale(text: str) -> float | None:
    return None if text.lower() == "original" else _share("scale", text, 'a share of 10% to 100%, or "original"')


def _position(text: str) -> tuple[float, float] | Literal["original"]:
    if text.lower() in ("original", "center"):
        return "original" if text.lower() == "original" else (0.5, 0.5)
    expected = 'one or two shares of 0% to 100%, "center" or "original"'
    shares = [_share("position", word, expected) for word in text.split()]
    if len(shares) not in (1, 2):
        raise invalid(f"position is {_shown(text)}, expected {expected}")
    return shares[0], shares[-1]


def _share(name: str, text: str, expected: str) -> float:
    found = _LENGTH.fullmatch(text)
    if found is None or found[2] != "%":
        raise invalid(f"{name} is {_shown(text)}, expected {expected}")
    return float(found[1]) / 100


def _length(name: str, text: str) -> Length:
    found = _LENGTH.fullmatch("0px" if text == "0" else text)
    try:
        if found is not None:
            return Length(share=float(found[1]) / 100) if found[2] == "%" else Length(float(found[1]))
    except ValueError:
        pass
    raise invalid(f"{name} has {_shown(text)}, expected a length such as 30px or 10%, of at most 100%")


def _colour(text: str) -> str:
    """As a background of ours: digits with or without #, one or two of them for the opacity, or a name."""
    digits = text.removeprefix("#")
    if re.fullmatch(r"[0-9a-fA-F]{3}|[0-9a-fA-F]{6}", digits):
        return f"#{digits}"
    if re.fullmatch(r"[0-9a-fA-F]{4}|[0-9a-fA-F]{8}", digits):
        colour, opacity = (digits[:3], digits[3] * 2) if len(digits) == 4 else (digits[:6], digits[6:])
        if opacity.lower() not in ("00", "ff"):
            raise invalid(f"bg_color is {_shown(text)}: a background is solid here, or there is none")
        return f"#{colour}" if opacity != "00" else "none"
    if parse_colour_name(text) is None:
        raise invalid(f"bg_color is {_shown(text)}, expected digits such as 81d4fa or a name such as green")
    return text


def _transparent(options: Options) -> bool:
    """Whether something of the result may be seen through."""
    if options.background is None:
        return isinstance(settings_from(options.preset).background, NoBackground)
    return isinstance(parse_background(options.background), NoBackground)


def _flag(given: Mapping[str, str], name: str) -> bool:
    text = given.get(name, "false").lower()
    if text not in (*_TRUE, *_FALSE):
        raise invalid(f"{name} is {_shown(text)}, expected true or false")
    return text in _TRUE


def _one_of(given: Mapping[str, str], name: str, words: tuple[str, ...]) -> str:
    """The word, in lower case; the first of them where it is not given."""
    word = given.get(name, words[0]).lower()
    if word not in words:
        raise invalid(f"{name} is {_shown(word)}, expected one of {', '.join(words)}")
    return word


def _shown(text: str) -> str:
    return repr(text[:100])
