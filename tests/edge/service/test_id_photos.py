"""ID photos through a running hot folder, its worker locked in, each folder to its own rule."""

from __future__ import annotations

import json
from io import BytesIO

import pytest
from PIL import Image

from tests.edge.hot import Hot, portrait


@pytest.mark.slow
def test_each_folder_has_its_rule_and_says_what_is_wrong(hot: Hot) -> None:
    whole = portrait(2048)
    with Image.open(BytesIO(whole)) as image:
        cut_short, two, down = BytesIO(), BytesIO(), BytesIO()
        image.crop((0, 0, 2048, 740)).save(cut_short, "JPEG", quality=92)
        both = Image.new("RGB", (1600, 1400))
        for left in (0, 800):
            both.paste(image.crop((450, 0, 1250, 1400)), (left, 0))
        both.save(two, "JPEG", quality=92)
        image.rotate(180).save(down, "JPEG", quality=92)
    for folder, profile in (("de", 'id_photo = "de-passport"'), ("us", 'id_photo = "us-visa"\nbackground = "keep"')):
        hot.drop(f"{folder}/edge-matting.toml", profile.encode())
    for name, data in (("good", whole), ("short", cut_short.getvalue()), ("two", two.getvalue()), ("down", down.getvalue())):
        hot.drop(f"de/{name}.jpg", data)
    hot.drop("us/good.jpg", whole)
    assert hot.once().returncode == 0, hot.said()
    with Image.open(hot.outbox / "de" / "good.jpg") as image:
        assert image.size == (413, 531)
        assert image.info["dpi"] == (300, 300)
        assert image.getpixel((5, 5)) == pytest.approx((230, 230, 230), abs=4)
    with Image.open(hot.outbox / "us" / "good.jpg") as image:
        assert image.size == (1200, 1200)
    assert (hot.outbox / "us" / "good.jpg").stat().st_size <= 240_000
    said = {name: hot.reason(f"de/{name}.jpg.json") for name in ("short", "two", "down")}
    assert {name: reason["error"] for name, reason in said.items()} == {
        "short": "OutsideRule",
        "two": "SeveralFaces",
        "down": "FaceUnfit",
    }
    assert "mm below the head" in said["short"]["reason"]


@pytest.mark.slow
def test_report_and_sheet_lie_beside_the_photo_and_a_sheet_too_large_is_refused(hot: Hot) -> None:
    wishes = 'id_photo = "de-passport"\ncheck = true\nsheet = "10x15cm"\nexif = "keep"'
    hot.drop("de/edge-matting.toml", wishes.encode())
    hot.drop("cn/edge-matting.toml", b'id_photo = "cn-1-inch"\nsheet = "9x13cm"\nsheet_format = "jpeg"')
    hot.drop("small/edge-matting.toml", b'id_photo = "cn-2-inch"\nsheet = "30x30mm"')
    for folder in ("de", "cn", "small"):
        hot.drop(f"{folder}/a.jpg", portrait(2048))
    assert hot.once().returncode == 0, hot.said()
    endings = ("jpg", "check.json", "check.txt", "check.jpg", "sheet.pdf")
    assert hot.files("outbox") == {*(f"de/a.{ending}" for ending in endings), "cn/a.jpg", "cn/a.sheet.jpg"}
    report = json.loads((hot.outbox / "de" / "a.check.json").read_text())
    assert report["passed"] and report["specification"] == "de-passport"
    assert "pass  head, chin to the crown" in (hot.outbox / "de" / "a.check.txt").read_text()
    with Image.open(hot.outbox / "de" / "a.check.jpg") as image:
        assert image.height == 900
    assert (hot.outbox / "de" / "a.sheet.pdf").read_bytes().startswith(b"%PDF")
    with Image.open(hot.outbox / "cn" / "a.sheet.jpg") as image:
        assert sorted(side / 300 * 25.4 for side in image.size) == pytest.approx([89, 127], abs=0.05)
    assert "do not fit on 30 x 30 mm" in hot.reason("small/a.jpg.json")["reason"]
