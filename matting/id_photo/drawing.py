"""An ID photo with the lines drawn in by which it was measured."""

from __future__ import annotations

import cv2
import numpy as np

from matting.id_photo.place import Place
from matting.id_photo.report import Report
from matting.id_photo.specification import Specification
from matting.photo import U8

_HEIGHT = 900  # pixels of the picture that is drawn on
_RULER, _TEXT = 30, 420
_RED, _GREEN, _BLUE, _GREY = (205, 40, 40), (20, 130, 60), (40, 80, 200), (120, 120, 120)


def with_lines(rgb: U8, rule: Specification, place: Place, report: Report) -> U8:
    """HxWx3 of about 900 pixels of height: crown, eyes, chin and middle in the picture, the rule's bands beside it, and the
    findings in words. rgb: the finished picture (HxWx3)."""
    scale = _HEIGHT / rgb.shape[0]
    width = round(rgb.shape[1] * scale)
    how = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    canvas = np.full((_HEIGHT, width + _RULER + _TEXT, 3), 255, np.uint8)
    canvas[:, :width] = cv2.resize(rgb, (width, _HEIGHT), interpolation=how)
    per_mm = _HEIGHT / rule.height
    crown, eyes, chin = place.crown, rule.height - place.eyes, rule.height - place.chin
    for row, colour in ((crown, _RED), (eyes, _BLUE), (chin, _RED)):
        cv2.line(canvas, (0, round(row * per_mm)), (width + _RULER, round(row * per_mm)), colour, 2)
    cv2.line(canvas, (width // 2, 0), (width // 2, _HEIGHT), _GREY, 1)
    if rule.eyes is not None:
        _band(canvas, width, rule.height - rule.eyes.high, rule.height - rule.eyes.low, per_mm, _BLUE)
    if rule.head is not None:
        _band(
            canvas,
            width + 8,
            rule.height - place.chin - rule.head.high,
            rule.height - place.chin - rule.head.low,
            per_mm,
            _RED,
        )
    if rule.top_gap is not None:
        _band(canvas, width + 16, rule.top_gap.low, rule.top_gap.high, per_mm, _GREEN)
    _written(canvas, width + _RULER + 10, report)
    return canvas


def _band(canvas: U8, left: int, top: float, bottom: float, per_mm: float, colour: tuple[int, int, int]) -> None:
    """The rows that a rule allows, as a bar on the ruler."""
    cv2.rectangle(canvas, (left + 2, round(top * per_mm)), (left + 8, round(bottom * per_mm)), colour, -1)


def _written(canvas: U8, left: int, report: Report) -> None:
    top = 24
    _text(canvas, left, top, report.specification, (0, 0, 0), 0.6)
    for each in report.findings:
        colour = _GREEN if each.passed else _RED if each.required else (190, 120, 0)
        _text(canvas, left, top + 30, each.rule, (0, 0, 0), 0.42)
        _text(canvas, left, top + 48, f"{each.measured} ({each.wanted})", colour, 0.42)
        top += 46


def _text(canvas: U8, left: int, top: int, words: str, colour: tuple[int, int, int], size: float) -> None:
    plain = words.encode("ascii", "replace").decode()
    cv2.putText(canvas, plain, (left, top), cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)
