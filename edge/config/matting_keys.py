"""The keys of [matting], which a folder's profile and a request may have too."""

from __future__ import annotations

from typing import Any

from edge.config.keys import Key, canvas, choice, flag, number, one_of, text
from edge.config.options import AVATARS, COLOURS, EXIF, SHEETS, Options
from edge.config.types import default_of
from matting.backgrounds.registry import background_words, parse_background
from matting.formats.registry import find_format, format_names
from matting.id_photo.sheet import PAPERS, parse_paper
from matting.id_photo.specification import find_specification
from matting.photo import Controls
from matting.presets import PRESETS, Preset


def _background(value: Any) -> str:
    word = text(value)
    parse_background(word)
    return word


def _format(value: Any) -> str:
    return find_format(text(value)).name


def _id_photo(value: Any) -> str:
    return find_specification(text(value)).name


def _sheet(value: Any) -> str:
    word = text(value)
    parse_paper(word)
    return word


def _control(key: Key, name: str, help: str, example: float) -> Key:
    bare = default_of(Controls, name)
    return key.described(help, without=f"as the preset says; {bare:g} without a preset", example=example)


_PRESET = choice(*PRESETS)
_BACKGROUND = Key(_background, background_words)
_FORMAT = Key(_format, lambda: one_of(format_names()))
_FLAG = Key(flag, "true or false")
MATTING_KEYS: dict[str, Key] = {
    "preset": _PRESET.described("A ready-made choice of the keys below.", without="no preset", example="e-commerce"),
    "background": _BACKGROUND.described(
        "What stands behind the person: nothing, the photo as it was or blurred, a colour, or a picture (its path).",
        without="as the preset says; none without a preset",
        example="none",
    ),
    "format": _FORMAT.described(
        "The file format of cut-outs. JPEG cannot be transparent: without a background it is white.",
        without=f"as the preset says; {default_of(Preset, 'format').name} without a preset",
        example="png",
    ),
    "mask": _FLAG.described("Whether the matte is written too, as `NAME.alpha.png`.", default=default_of(Options, "mask")),
    "alpha_threshold": _control(
        number(0, 50, int), "threshold", "Alpha up to this level, of 255, becomes 0: removes faint haze.", 10
    ),
    "erode": _control(number(0, 5, int), "erode", "Pixels by which the outline shrinks.", 1),
    "feather": _control(number(0, 100, float), "feather", "Pixels over which the outline is softened.", 1.0),
    "id_photo": Key(_id_photo, 'a rule that `edge-matting id-photo --list` shows, such as "de-passport"').described(
        "Makes ID photos to that rule: by the face, in its size, before its background; `background` may change that.",
        without="no ID photos",
        example="de-passport",
    ),
    "check": _FLAG.described(
        "Whether an ID photo's report is written too, as `NAME.check.json`, in words, and as a picture with its lines.",
        default=default_of(Options, "check"),
    ),
    "sheet": Key(_sheet, f"{', '.join(PAPERS)} or WIDTHxHEIGHTmm").described(
        "A sheet of an ID photo is made too, as many as fit on that paper, as `NAME.sheet.pdf`.",
        without="no sheets",
        example="10x15cm",
    ),
    "sheet_format": choice(*SHEETS).described("The file format of sheets.", default=default_of(Options, "sheet_format")),
    "avatar": choice(*AVATARS).described("A picture about the head, by the face.", without="none", example="round"),
    "canvas": Key(canvas, 'WIDTHxHEIGHT in pixels, such as "2000x2000"').described(
        "The picture's size, whatever the photo's.", without="as the photo", example="2000x2000"
    ),
    "subject": number(0.1, 1, float).described(
        "The share of the picture's height or width that the person or thing fills, centred.",
        without="0.85 on a canvas, else as in the photo",
        example=0.85,
    ),
    "shadow": number(0, 1, float).described(
        "Darkness of a shadow on the ground, where there is room below.", without="no shadow", example=0.4
    ),
    "crop": number(0, 1, float).described(
        "Crops to the person, with this margin: 0.05 is 5 % of the person's larger side.",
        without="the whole photo",
        example=0.05,
    ),
    "exif": choice(*EXIF).described(
        "Whether camera, date, artist and copyright go with the output; never the place.",
        default=default_of(Options, "exif"),
    ),
    "colours": choice(*COLOURS).described(
        "Whether the photo's colour profile is kept, or its colours are converted to sRGB.",
        default=next(word for word, to_srgb in COLOURS.items() if to_srgb == default_of(Options, "to_srgb")),
    ),
}
