"""What Schemathesis loads for `tests.fuzz.openapi`: photos among the bodies, settings that there are among the queries, and
what it does not check by itself."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import schemathesis
from hypothesis import strategies as st

from edge.config.schema import PROFILE_KEYS
from tests.edge.hot import portrait

_PHOTO = portrait(96)
# A person in the formats that there are, and what comes instead of a photo.
_PHOTOS = (
    *(_PHOTO, portrait(96, kind="PNG"), portrait(96, kind="WEBP"), portrait(96, kind="TIFF")),
    *(_PHOTO[:500], b"", b"no photo", bytes(1000)),
)
_BODIES = st.sampled_from(_PHOTOS) | st.binary(max_size=2000)
# What may be asked of /cut, whose document says it in words; of two made-up values one is replaced.
_SETTINGS = {
    "background": ("none", "blur", "white", "#1e90ff"),
    "format": ("png", "webp", "jpeg", "tiff", "alpha", "zip"),
    "colours": ("keep", "srgb"),
    "crop": ("0", "0.5", "10"),
    "erode": ("0", "5"),
    "feather": ("0", "2.5", "100"),
    "alpha_threshold": ("0", "50"),
}


def map_query(context: schemathesis.HookContext, query: dict[str, Any] | None) -> dict[str, Any] | None:
    """The same query always becomes the same."""
    for name in query or {}:
        number = zlib.crc32(repr(query).encode() + name.encode())
        if query is not None and name in _SETTINGS and number % 2:
            query[name] = _SETTINGS[name][number // 2 % len(_SETTINGS[name])]
    return query


def told_when_to_come_again(
    context: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> None:
    """Whoever is refused for now hears for how long."""
    if response.status_code in (429, 503):
        after = response.headers.get("retry-after", ["none"])[0]
        assert after.isdecimal(), f"{response.status_code} with Retry-After {after}"


assert PROFILE_KEYS.keys() >= _SETTINGS.keys()
schemathesis.openapi.format("binary", _BODIES)
schemathesis.openapi.format("byte", _BODIES.map(base64.b64encode).map(bytes.decode) | st.text(max_size=200))
schemathesis.openapi.media_type("image/*", _BODIES)
schemathesis.hook(map_query)
schemathesis.check(told_when_to_come_again)
