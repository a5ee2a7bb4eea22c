"""The requests that `scripts.measure.rembg_server` sends to both servers, and in what their answers are known to differ."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import cache

from PIL import Image

from tests.edge.hot import portrait

_WIDTH, _HEIGHT = 1920, 1080
_MODEL = {"model": "u2netp"}
_SOLID = "over a solid colour the picture has no alpha here"
_UNDECODABLE = "what is no picture is 400 here"


@dataclass(frozen=True)
class Ask:
    """A request to /api/remove. differs: how the answers may differ, "" where they may not."""

    name: str
    files: dict[str, bytes]
    data: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    differs: str = ""


@cache
def photo(kind: str, mode: str = "RGB") -> bytes:
    """A person in 1080p."""
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(portrait(_WIDTH, kind="PNG"))) as image:
        image.crop((0, 0, _WIDTH, _HEIGHT)).convert(mode).save(buffer, kind, quality=90)
    return buffer.getvalue()


def _of(name: str, photo: bytes, differs: str = "", query: dict[str, str] | None = None, **data: str) -> Ask:
    return Ask(name, {"file": photo}, {**_MODEL, **data}, query or {}, differs)


_JPEG = photo("JPEG")
REQUESTS: tuple[Ask, ...] = (
    _of("JPEG", _JPEG),
    _of("PNG", photo("PNG")),
    _of("WebP", photo("WEBP")),
    _of("TIFF", photo("TIFF")),
    _of("a grey JPEG", photo("JPEG", "L")),
    _of("a PNG that has an alpha", photo("PNG", "RGBA")),
    _of("a small JPEG", portrait(320)),
    _of("a=true", portrait(640), a="true"),
    _of("om=true", _JPEG, om="true"),
    _of("ppm=true", _JPEG, ppm="true"),
    _of("om=true, of a PNG", photo("PNG"), om="true"),
    _of("bgc=255,0,0,255", _JPEG, _SOLID, query={"bgc": "255,0,0,255"}),
    _of("bgc=0,0,0,0", _JPEG, query={"bgc": "0,0,0,0"}),
    _of("bgc=red", _JPEG, "a wrong colour is 422 here", query={"bgc": "red"}),
    _of("om=maybe", _JPEG, om="maybe"),
    _of("af=256", _JPEG, af="256"),
    _of("another model's name", portrait(320), "any model is accepted here", model="no-such"),
    Ask("no file", {"photo": _JPEG}, _MODEL),
    _of("garbage", b"no picture" * 100, _UNDECODABLE),
    _of("an empty file", b"", _UNDECODABLE),
)
