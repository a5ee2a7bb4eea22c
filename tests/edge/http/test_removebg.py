"""remove.bg's contract with the real service, and with its clients as they are published."""

from __future__ import annotations

import base64
import io
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
import requests
from PIL import Image

from matting.composite import cropped, subject_box
from matting.photo import U8
from tests.edge.hot import portrait
from tests.edge.http.conftest import Served
from tests.edge.http.test_contracts import empty, opened

pytestmark = pytest.mark.slow

SIDE = 800  # 0.64 megapixels


def post(served: Served, **fields: Any) -> requests.Response:
    files = {"image_file": ("a.jpg", portrait(SIDE), "image/jpeg")}
    answer = requests.post(f"{served.url}/v1.0/removebg", files=files, data=fields)
    assert answer.status_code == 200, answer.text
    return answer


def pixels(answer: requests.Response) -> U8:
    image = opened(answer.content)
    assert image.size == (int(answer.headers["X-Width"]), int(answer.headers["X-Height"]))
    return np.asarray(image)


def box(answer: requests.Response) -> tuple[int, int, int, int]:
    """Top, left, width, height, as the headers have it."""
    top, left, width, height = (int(answer.headers[f"X-Foreground-{each}"]) for each in ("Top", "Left", "Width", "Height"))
    return top, left, width, height


def counted(alpha: U8) -> tuple[int, int, int, int]:
    """The same, of what is at least 5 % opaque."""
    rows, columns = np.nonzero(alpha >= 13)
    top, left = int(rows.min()), int(columns.min())
    return top, left, int(columns.max()) + 1 - left, int(rows.max()) + 1 - top


def refusal(answer: requests.Response) -> tuple[int, str, str]:
    """Status, code, title."""
    assert answer.headers["content-type"] == "application/json"
    (error,) = answer.json()["errors"]
    assert error.keys() == {"title", "code"}
    return answer.status_code, error["code"], error["title"]


@pytest.fixture(scope="module")
def whole(served: Served) -> U8:
    """The cut-out in full size."""
    return pixels(post(served, size="full"))


def test_the_result_and_what_is_told_of_it(served: Served, whole: U8) -> None:
    answer = post(served, size="full")
    assert answer.headers["content-type"] == "image/png" and whole.shape == (SIDE, SIDE, 4)
    assert (answer.headers["X-Type"], answer.headers["X-Credits-Charged"]) == ("person", "0")
    assert answer.headers["Cache-Control"] == "no-store" and "infer;dur=" in answer.headers["Server-Timing"]
    assert box(answer) == counted(whole[..., 3])
    assert np.array_equal(whole, np.asarray(opened(requests.post(f"{served.url}/cut", data=portrait(SIDE)).content)))
    assert "X-Type" not in post(served, type_level="none").headers


@pytest.mark.parametrize(
    ("size", "side"),
    [*((None, 500), ("preview", 500), ("small", 500), ("regular", 500), ("medium", SIDE), ("hd", SIDE)), ("50MP", SIDE)],
)
def test_sizes_are_limits_that_enlarge_nothing(served: Served, size: str | None, side: int) -> None:
    answer = post(served, size=size)
    rgba = pixels(answer)
    assert rgba.shape == (side, side, 4) and box(answer) == counted(rgba[..., 3])


def test_a_region_of_interest(served: Served, whole: U8) -> None:
    answer = post(served, size="full", roi="25% 0% 400px 50%")
    found = pixels(answer)
    np.testing.assert_array_equal(found[:400, 200:400], whole[:400, 200:400])
    rest = found.copy()
    rest[:400, 200:400] = 0
    assert not rest.any() and box(answer) == counted(found[..., 3])


def test_a_crop_and_its_margins(served: Served, whole: U8) -> None:
    person = subject_box(whole[..., 3], 13)
    assert person is not None
    inside = cropped(whole, person)
    tight = post(served, size="full", crop="true")
    np.testing.assert_array_equal(pixels(tight), inside)
    assert box(tight) == counted(inside[..., 3]) == (0, 0, person.width, person.height)
    wide = pixels(post(served, size="full", crop="true", crop_margin="5px 2px 1% 0"))
    around = np.pad(whole, ((9, 9), (9, 9), (0, 0)))  # what lies beyond the photo is empty
    top, left, bottom = person.top + 9 - 5, person.left + 9, person.bottom + 9 + round(person.height / 100)
    np.testing.assert_array_equal(wide, around[top:bottom, left : person.right + 9 + 2])
    preview = pixels(post(served, crop="true", crop_margin="50% 500px"))
    assert 0.98 * 250_000 < preview.shape[0] * preview.shape[1] <= 250_000
    without = pixels(post(served, size="full", crop="false", crop_margin="30px"))
    np.testing.assert_array_equal(without, whole)


def test_scale_and_position(served: Served) -> None:
    small = post(served, size="full", scale="50%")
    assert pixels(small).shape == (SIDE, SIDE, 4)
    top, left, width, height = box(small)
    assert max(width, height) == pytest.approx(SIDE / 2, abs=3)
    assert left + width / 2 == pytest.approx(SIDE / 2, abs=2) and top + height / 2 == pytest.approx(SIDE / 2, abs=2)
    assert box(small) == counted(pixels(small)[..., 3])
    top, left, _, _ = box(post(served, size="full", scale="50%", position="0% 100%"))
    assert left <= 1 and top == pytest.approx(SIDE - height, abs=3)
    top, left, _, _ = box(post(served, size="full", scale="50%", position="0%"))
    assert left <= 1 and top <= 1
    original = post(served, size="full", scale="original", position="original")
    assert box(original) == box(post(served, size="full"))


def test_a_colour_behind_fills_the_picture(served: Served) -> None:
    for colour, rgb in {"81d4fa": (129, 212, 250), "#0f0": (0, 255, 0), "red": (255, 0, 0), "00ff00ff": (0, 255, 0)}.items():
        answer = post(served, bg_color=colour, scale="40%", format="png")
        found = pixels(answer)
        assert found.shape == (500, 500, 3) and tuple(found[2, 2]) == rgb and tuple(found[497, 497]) == rgb
    jpeg = post(served, bg_color="white")
    assert jpeg.headers["content-type"] == "image/jpeg" and pixels(jpeg)[1, 1].min() > 250
    assert post(served, bg_color="fff0").headers["content-type"] == "image/png"


def test_a_picture_behind_fills_the_picture(served: Served) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 32), (0, 0, 255)).save(buffer, "PNG")
    files = {"image_file": portrait(SIDE), "bg_image_file": buffer.getvalue()}
    answer = requests.post(f"{served.url}/v1.0/removebg", files=files, data={"position": "0% 0%"})
    assert answer.status_code == 200 and answer.headers["content-type"] == "image/jpeg"
    found = pixels(answer).astype(int)
    assert found.shape == (500, 500, 3) and np.abs(found[-3:, -3:] - (0, 0, 255)).max() < 12
    both = requests.post(f"{served.url}/v1.0/removebg", files=files, data={"bg_color": "fff"})
    assert refusal(both)[:2] == (400, "invalid_parameter")


def test_formats_and_channels(served: Served, whole: U8) -> None:
    for format, kind in {"auto": "image/png", "png": "image/png", "jpg": "image/jpeg", "zip": "application/zip"}.items():
        assert post(served, format=format).headers["content-type"] == kind
    assert pixels(post(served, format="jpg"))[1, 1].min() > 250
    alpha = post(served, channels="alpha", size="full", bg_color="red")
    assert opened(alpha.content).mode == "L" and alpha.headers["content-type"] == "image/png"
    np.testing.assert_array_equal(pixels(alpha), whole[..., 3])


def test_an_archive_of_colours_and_matte(served: Served, whole: U8) -> None:
    answer = post(served, format="zip", size="full")
    with ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["color.jpg", "alpha.png"] and archive.testzip() is None
        colours, matte = (opened(archive.read(name)) for name in archive.namelist())
    assert (colours.mode, matte.mode) == ("RGB", "L") and box(answer) == counted(whole[..., 3])
    np.testing.assert_array_equal(np.asarray(matte), whole[..., 3])
    sure = whole[..., 3] == 255
    assert np.abs(np.asarray(colours).astype(int) - whole[..., :3])[sure].mean() < 4


def test_json_is_answered_to_who_asks_for_nothing_else(served: Served, whole: U8) -> None:
    url, text = f"{served.url}/v1.0/removebg", base64.b64encode(portrait(SIDE)).decode()
    body: dict[str, Any] = {"image_file_b64": text, "size": "full", "crop": False, "semitransparency": True, "roi": None}
    answer = requests.post(url, json=body, headers={"Accept": "application/json"})
    assert answer.status_code == 200 and answer.headers["X-Width"] == str(SIDE)
    data = answer.json()["data"]
    np.testing.assert_array_equal(np.asarray(opened(base64.b64decode(data.pop("result_b64")))), whole)
    assert tuple(data[f"foreground_{each}"] for each in ("top", "left", "width", "height")) == box(answer)
    for accept in ("application/json, text/plain, */*", "image/png, application/json", "*/*"):
        assert requests.post(url, json=body, headers={"Accept": accept}).headers["content-type"] == "image/png"
    form = requests.post(url, data={"image_file_b64": text, "size": "full"})
    np.testing.assert_array_equal(pixels(form), whole)
    files: dict[str, Any] = {"image_file_b64": (None, text), "size": (None, "full"), "image_file": b""}
    parts = requests.post(url, files=files)
    np.testing.assert_array_equal(pixels(parts), whole)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"image_url": "http://example.com/a.jpg"}, "offline"),
        ({"bg_image_url": "http://example.com/a.jpg"}, "offline"),
        ({"add_shadow": "true"}, "shadow"),
        ({"add_shadow": "perhaps"}, "add_shadow"),
        ({"size": "huge"}, "size"),
        ({"type": "house"}, "type"),
        ({"type_level": "9"}, "type_level"),
        ({"format": "exe"}, "format"),
        ({"channels": "rgb"}, "channels"),
        ({"channels": "alpha", "format": "jpg"}, "channels"),
        ({"crop": "maybe"}, "crop"),
        ({"semitransparency": "half"}, "semitransparency"),
        ({"crop_margin": "10"}, "crop_margin"),
        ({"crop_margin": "1px 2px 3px"}, "crop_margin"),
        ({"crop": "true", "crop_margin": "60%"}, "margin"),
        ({"crop": "true", "crop_margin": "501px"}, "margin"),
        ({"roi": "0% 0% 100%"}, "roi"),
        ({"roi": "0% 0% 100% 101%"}, "roi"),
        ({"roi": "-1px 0% 100% 50%"}, "roi"),
        ({"scale": "5%"}, "scale"),
        ({"scale": "50"}, "scale"),
        ({"position": "left"}, "position"),
        ({"position": "101%"}, "position"),
        ({"position": "1% 2% 3%"}, "position"),
        ({"bg_color": "81d4fa77"}, "bg_color"),
        ({"bg_color": "nothing"}, "bg_color"),
        ({"bg_color": "../photo.png"}, "bg_color"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_in_words(served: Served, fields: dict[str, str], words: str) -> None:
    answer = requests.post(f"{served.url}/v1.0/removebg", files={"image_file": portrait()}, data=fields)
    status, code, title = refusal(answer)
    assert (status, code) == (400, "invalid_parameter") and words in title


def test_what_fails_is_said_in_the_services_shape(served: Served) -> None:
    url = f"{served.url}/v1.0/removebg"
    assert refusal(requests.post(url, files={"image_file": empty()}))[:2] == (400, "unknown_foreground")
    outside = requests.post(url, files={"image_file": portrait()}, data={"roi": "0% 0% 3% 3%", "crop": "true"})
    assert refusal(outside)[:2] == (400, "unknown_foreground")
    assert refusal(requests.post(url, files={"image_file": b"no picture"}))[:2] == (400, "invalid_file_type")
    for missing in (
        requests.post(url),
        requests.post(url, data={"size": "hd"}),
        requests.post(url, json={"size": "hd"}),
        requests.post(url, files={"photo": portrait()}),
        requests.post(url, files={"image_file": b""}),
    ):
        assert refusal(missing)[:2] == (400, "missing_source")
    two = requests.post(url, files={"image_file": portrait(), "image_file_b64": b"AAAA"})
    assert refusal(two)[:2] == (400, "multiple_sources")
    by_address = requests.post(url, json={"image_url": "http://example.com/a.jpg"})
    assert refusal(by_address)[:2] == (400, "invalid_parameter") and "offline" in refusal(by_address)[2]
    for data, kind in (
        (b"{", "application/json"),
        (b"x", "text/plain"),
        (b"x", "multipart/form-data; boundary=y"),
        (b"x", None),
    ):
        wrong = requests.post(url, data=data, headers={} if kind is None else {"Content-Type": kind})
        assert refusal(wrong)[:2] == (400, "invalid_parameter")
    large = requests.post(url, headers={"Content-Length": str(1 << 40)})
    assert refusal(large)[:2] == (400, "file_too_large")
    assert refusal(requests.get(url))[:2] == (405, "method_not_allowed")
    assert refusal(requests.post(f"{served.url}/v1.0/nothing"))[:2] == (404, "not_found")


def test_account_and_improve(served: Served) -> None:
    account = requests.get(f"{served.url}/v1.0/account").json()["data"]["attributes"]
    assert account["credits"]["total"] > 0 and account["api"]["sizes"] == "all"
    improve = requests.post(f"{served.url}/v1.0/improve", files={"image_file": portrait()})
    assert refusal(improve)[:2] == (400, "invalid_parameter")


def test_it_is_documented(served: Served) -> None:
    document = requests.get(f"{served.url}/openapi.json").json()
    assert {"/v1.0/removebg", "/v1.0/account", "/v1.0/improve"} <= document["paths"].keys()
    assert "crop_margin" in requests.get(f"{served.url}/api").text
