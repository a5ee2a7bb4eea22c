"""One photo to an edge-matting and back, for plug-ins of other programs: Python's standard library and Pillow, no more.

Whatever goes wrong there, the booth has its photo in time: that is what `NotCut` is for.
"""

from __future__ import annotations

import http.client
import io
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable

from PIL import Image, ImageOps

Colour = str | tuple[int, ...]

# What a person is to be cut out with, whatever the service is set to.
_QUERY = "/cut?format=png&background=none"
_MORE_THAN_PIXELS = 1 << 20  # bytes of a PNG beside its 4 a pixel
_NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class NotCut(Exception):
    """There is no cut-out; `str` says why."""


def cut_out(photo: Image.Image, url: str, *, key: str = "", seconds: float = 10.0) -> Image.Image:
    """The person alone: RGBA, of the photo's size.

    url: such as "http://127.0.0.1:7000". key: as in the file `http.key_file`, "" for none. seconds: for all of it, above 0.

    Raises:
        NotCut: no answer in time, or none that is a cut-out of this photo.
    """
    until = time.monotonic() + seconds
    cuts: list[Image.Image] = []
    reasons: list[str] = []

    def work() -> None:
        try:
            cuts.append(_opened(_asked(_encoded(photo), url, key, until, photo.width * photo.height), photo.size))
        except (OSError, http.client.HTTPException, ValueError, SyntaxError, Image.DecompressionBombError, NotCut) as error:
            reasons.append(_words(error))

    # A socket's own time-out starts anew with every byte: this thread is left behind, and ends with its socket.
    thread = threading.Thread(target=work, name="edge-matting", daemon=True)
    thread.start()
    thread.join(max(0.0, until - time.monotonic()))
    if cuts:
        return cuts[0]
    raise NotCut(reasons[0] if reasons else f"no answer from {url} within {seconds:g} s")


def on_background(person: Image.Image, background: Colour | Image.Image) -> Image.Image:
    """RGB. background: a colour as Pillow writes it, or a picture, which fills the size, cut off where its shape differs."""
    if isinstance(background, Image.Image):
        behind = ImageOps.fit(background.convert("RGB"), person.size, Image.Resampling.BICUBIC)
    else:
        behind = Image.new("RGB", person.size, background)
    behind.paste(person, mask=person.getchannel("A"))
    return behind


def cut_or_original(
    photo: Image.Image,
    cut: Callable[[], Image.Image],
    background: Callable[[], Colour | Image.Image],
    say: Callable[[str], object],
) -> Image.Image:
    """The person on a background; the photo itself where that fails, which `say` hears in words."""
    try:
        return on_background(cut(), background())
    except (NotCut, OSError, ValueError) as error:
        say(f"the photo stays as it was taken: {error}")
        return photo


def _encoded(photo: Image.Image) -> bytes:
    buffer = io.BytesIO()
    photo.convert("RGB").save(buffer, "JPEG", quality=95, subsampling=0)
    return buffer.getvalue()


def _asked(body: bytes, url: str, key: str, until: float, pixels: int) -> bytes:
    headers = {"Content-Type": "image/jpeg", **({"X-Api-Key": key} if key else {})}
    request = urllib.request.Request(url.rstrip("/") + _QUERY, body, headers, method="POST")
    if request.type not in ("http", "https"):
        raise NotCut(f"{url!r} is no address such as http://127.0.0.1:7000")
    most = 4 * pixels + _MORE_THAN_PIXELS
    with _NO_PROXY.open(request, timeout=max(0.01, until - time.monotonic())) as answer:
        data: bytes = answer.read(most + 1)
    if len(data) > most:
        raise NotCut("the answer is larger than a cut-out can be")
    return data


def _opened(data: bytes, size: tuple[int, int]) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
        if image.size != size:
            raise NotCut(f"the cut-out has {image.width}x{image.height} pixels, the photo {size[0]}x{size[1]}")
        return image.convert("RGBA")


def _words(error: Exception) -> str:
    """What a person can do something about: the service's own sentence, where it gave one."""
    if not isinstance(error, urllib.error.HTTPError):
        return str(getattr(error, "reason", "") or error or type(error).__name__)
    try:
        said = error.read(500).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        said = ""
    return f"HTTP {error.code}: {said or error.reason}"
