"""What each contract answers, with requests as its clients make them."""

from __future__ import annotations

import base64
import io
import json
import zipfile

import numpy as np
import pytest
import requests
from PIL import Image

from tests.edge.hot import portrait
from tests.edge.http.conftest import Served

pytestmark = pytest.mark.slow


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def empty() -> bytes:
    """A picture without anybody in it."""
    buffer = io.BytesIO()
    Image.new("RGB", (400, 300), (90, 120, 90)).save(buffer, "JPEG")
    return buffer.getvalue()


def test_rembgs_way_gives_a_transparent_png_of_the_photos_size(served: Served) -> None:
    files = {"file": ("a.jpg", portrait(), "image/jpeg")}
    answer = requests.post(f"{served.url}/api/remove", files=files, data={"model": "u2netp", "a": "true", "af": "240"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    image = opened(answer.content)
    assert (image.mode, image.size) == ("RGBA", (320, 320))
    alpha = np.asarray(image)[..., 3]
    assert alpha[0, 0] == 0 and alpha.max() == 255


def test_rembgs_mask_and_background(served: Served) -> None:
    files = {"file": portrait()}
    mask = opened(requests.post(f"{served.url}/api/remove", files=files, data={"om": "true"}).content)
    assert (mask.mode, mask.size) == ("L", (320, 320))
    red = opened(requests.post(f"{served.url}/api/remove?bgc=255,0,0,255", files={"file": portrait()}).content)
    assert red.mode == "RGB" and red.getpixel((0, 0)) == (255, 0, 0)


def test_what_rembgs_clients_get_wrong_is_said_as_fastapi_does(served: Served) -> None:
    missing = requests.post(f"{served.url}/api/remove", files={"photo": portrait()})
    assert missing.status_code == 422
    assert missing.json() == {"detail": [{"type": "missing", "loc": ["body", "file"], "msg": "Field required", "input": None}]}
    wrong: list[tuple[dict[str, str], str]] = [
        *(({"om": "maybe"}, ""), ({"af": "256"}, ""), ({"ae": "x"}, "")),
        *(({}, "?bgc=1,2,3"), ({}, "?bgc=1,2,3,9")),
        *(({"ae": "9" * 5000}, ""), ({}, f"?bgc={'9' * 5000},0,0,0"), ({}, "?bgc=١٢,-1,0,0")),
    ]
    for data, query in wrong:
        answer = requests.post(f"{served.url}/api/remove{query}", files={"file": portrait()}, data=data)
        assert answer.status_code == 422 and answer.json()["detail"][0]["loc"][1] in (*data, "bgc")
    garbage = requests.post(f"{served.url}/api/remove", files={"file": b"no picture"})
    assert garbage.status_code == 400 and "is not a picture" in garbage.json()["detail"]
    fetched = requests.get(f"{served.url}/api/remove", params={"url": "http://example.com/a.jpg"})
    assert fetched.status_code == 400 and "offline" in fetched.json()["detail"]


def test_a_method_that_there_is_not_is_told_those_that_there_are(served: Served) -> None:
    for path, methods in (("/api/remove", "GET, HEAD, POST"), ("/cut", "POST"), ("/status", "GET, HEAD")):
        answer = requests.put(f"{served.url}{path}", data=b"")
        assert (answer.status_code, answer.headers["allow"]) == (405, methods)


def test_withoutbgs_way_gives_the_matte_in_base64(served: Served) -> None:
    url = f"{served.url}/v1.0/alpha-channel-base64"
    answer = requests.post(url, json={"image_base64": base64.b64encode(portrait()).decode()})
    assert answer.status_code == 200
    matte = opened(base64.b64decode(answer.json()["alpha_base64"]))
    assert (matte.mode, matte.size) == ("L", (320, 320))
    for body in (b"", b"[]", b'{"image_base64": 3}', b'{"image_base64": "%%"}', b'{"image_base64": "\xff"}'):
        wrong = requests.post(url, data=body, headers={"Content-Type": "application/json"})
        assert wrong.status_code == 400 and "image_base64" in wrong.json()["error"]


def test_our_own_way_takes_the_photo_as_the_body_and_settings_as_the_query(served: Served) -> None:
    plain = requests.post(f"{served.url}/cut", data=portrait())
    assert plain.status_code == 200 and opened(plain.content).mode == "RGBA"
    assert "infer;dur=" in plain.headers["server-timing"]
    white = requests.post(f"{served.url}/cut?background=white&format=jpg&crop=0.1", data=portrait())
    assert white.headers["content-type"] == "image/jpeg"
    image = opened(white.content)
    assert np.asarray(image)[1, 1].min() > 245


def test_a_background_of_the_clients_own_is_sent_beside_the_photo(served: Served) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), (0, 0, 255)).save(buffer, "PNG")
    files = {"photo": portrait(), "background": buffer.getvalue()}
    answer = requests.post(f"{served.url}/cut", files=files)
    assert answer.status_code == 200
    assert opened(answer.content).getpixel((0, 0)) == (0, 0, 255)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("background=/etc/passwd", "must be sent"),
        ("background=..%2Fphoto.png", "must be sent"),
        ("format=exe", "format"),
        ("erode=99", "erode"),
        ("mask=true", "nothing that can be asked for"),
        ("preset=nothing", "preset"),
        ("sparkle=1", "nothing that can be asked for"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_in_words(served: Served, query: str, words: str) -> None:
    answer = requests.post(f"{served.url}/cut?{query}", data=portrait())
    assert answer.status_code == 400 and words in answer.json()["reason"], answer.text


def test_a_photo_with_nobody_in_it_is_said_to_be_so(served: Served) -> None:
    answer = requests.post(f"{served.url}/cut", data=empty())
    assert (answer.status_code, answer.json()["error"]) == (422, "NoPersonFound")
    assert requests.post(f"{served.url}/api/remove", files={"file": empty()}).status_code == 400


def test_the_documentation_is_there_and_needs_nothing_from_elsewhere(served: Served) -> None:
    page = requests.get(f"{served.url}/api")
    assert page.status_code == 200 and "/api/remove" in page.text
    assert "https://" not in page.text and "src=" not in page.text
    document = requests.get(f"{served.url}/openapi.json").json()
    assert {"/cut", "/api/remove", "/v1.0/alpha-channel-base64"} <= document["paths"].keys()


@pytest.mark.parametrize("format", ["png", "webp", "jpeg", "tiff", "alpha", "zip"])
def test_the_documentation_tells_of_each_format(served: Served, format: str) -> None:
    answer = requests.post(f"{served.url}/cut?format={format}", data=portrait())
    told = requests.get(f"{served.url}/openapi.json").json()["paths"]["/cut"]["post"]["responses"]["200"]["content"]
    assert answer.status_code == 200 and answer.headers["content-type"] in told


def test_nothing_of_a_photo_stays_on_the_disk(served: Served) -> None:
    before = {path for path in served.hot.root.rglob("*") if path.is_file()}
    noise = np.random.default_rng(1).integers(0, 256, (2400, 2400, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "PNG")  # too large to wait in memory
    assert buffer.tell() > 8 << 20
    assert requests.post(f"{served.url}/cut", data=buffer.getvalue()).status_code in (200, 422)
    assert {path for path in served.hot.root.rglob("*") if path.is_file()} == before


def test_our_own_way_makes_id_photos(served: Served) -> None:
    answer = requests.post(f"{served.url}/cut?id_photo=de-passport", data=portrait(2048))
    assert answer.status_code == 200
    assert opened(answer.content).size == (413, 531)
    small = requests.post(f"{served.url}/cut?id-photo=de-passport&background=keep", data=portrait(200))
    assert (small.status_code, small.json()["error"]) == (422, "FaceUnfit")
    unknown = requests.post(f"{served.url}/cut?id_photo=atlantis", data=portrait())
    assert unknown.status_code == 400


def test_report_and_sheet_come_with_the_id_photo_in_one_archive(served: Served) -> None:
    answer = requests.post(f"{served.url}/cut?id_photo=de-passport&check=true&sheet=10x15cm", data=portrait(2048))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        files = {name.removeprefix("photo."): archive.read(name) for name in archive.namelist()}
    assert set(files) == {"jpg", "check.json", "check.txt", "check.jpg", "sheet.pdf"}
    assert opened(files["jpg"]).size == (413, 531)
    assert json.loads(files["check.json"])["passed"] is True
    assert opened(files["check.jpg"]).height == 900
    assert files["sheet.pdf"].startswith(b"%PDF")
    alone = requests.post(f"{served.url}/cut?check=true", data=portrait())
    assert alone.status_code == 400 and "id_photo" in alone.json()["reason"]
    huge = requests.post(f"{served.url}/cut?id_photo=de-passport&sheet=500x500in", data=portrait())
    assert huge.status_code == 400
