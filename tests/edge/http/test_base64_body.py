from __future__ import annotations

import base64
import json
import os
import random
from collections.abc import Iterator
from urllib.parse import quote_plus, urlencode

import pytest

from edge.http import base64_body
from edge.http.base64_body import take_json, take_text, take_urlencoded
from edge.http.refused import Refused
from edge.ipc.memory_file import create_memory_file

PHOTO = random.Random(1).randbytes(50_001)
TEXT = base64.b64encode(PHOTO).decode()


@pytest.fixture
def file() -> Iterator[int]:
    descriptor = create_memory_file("photo")
    yield descriptor
    os.close(descriptor)


@pytest.fixture(params=[1 << 18, 1000, 10, 7])
def piece(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base64_body, "_PIECE", request.param)


def filled(file: int, data: str | bytes) -> int:
    os.ftruncate(file, 0)
    os.pwrite(file, data.encode() if isinstance(data, str) else data, 0)
    os.lseek(file, 0, os.SEEK_END)
    return file


def content(file: int) -> bytes:
    return os.pread(file, 1 << 24, 0)


@pytest.mark.usefixtures("piece")
@pytest.mark.parametrize("length", [0, 1, 2, 3, 50_001])
def test_a_photo_takes_the_place_of_its_base64(file: int, length: int) -> None:
    photo = PHOTO[:length]
    text = base64.b64encode(photo)
    for written in (text, base64.encodebytes(photo), b"\n" + text + b" "):
        take_text(filled(file, written), "photo")
        assert content(file) == photo


def test_an_address_before_it_is_passed_over(file: int) -> None:
    address = f"data:image/jpeg;base64,{TEXT}"
    take_text(filled(file, address), "photo")
    assert content(file) == PHOTO
    for take, written in ((take_json, json.dumps({"photo": address})), (take_urlencoded, urlencode({"photo": address}))):
        assert take(filled(file, written), ("photo",)) == ({}, {"photo"})
        assert content(file) == PHOTO


@pytest.mark.usefixtures("piece")
def test_json_as_each_writer_has_it(file: int) -> None:
    plain = json.dumps({"size": "hd", "crop": True, "n": 1.5, "none": None, "photo": TEXT})
    other = plain.replace("/", "\\/").replace("+", "\\u002B").replace("=", "\\u003d")
    for written in (plain, other, json.dumps({"photo": TEXT, "other": "", "size": "hd"}, indent=1)):
        fields, photos = take_json(filled(file, written), ("photo", "other"))
        assert content(file) == PHOTO and photos == {"photo"} and fields["size"] == "hd"
    assert take_json(filled(file, plain), ("photo",))[0] == {"size": "hd", "crop": "true", "n": "1.5", "none": ""}
    assert take_json(filled(file, '{"photo": null}'), ("photo",)) == ({}, set())
    assert take_json(filled(file, json.dumps({"a": TEXT, "b": TEXT})), ("a", "b")) == ({}, {"a", "b"})


@pytest.mark.usefixtures("piece")
def test_forms_as_each_writer_has_it(file: int) -> None:
    for written in (
        urlencode({"photo": TEXT, "size": "4k", "bg color": "a&b=c"}),
        urlencode({"size": "4k", "bg color": "a&b=c", "photo": TEXT}),
        f"photo={TEXT}&size=4k&bg+color={quote_plus('a&b=c')}&&",
    ):
        assert take_urlencoded(filled(file, written), ("photo",)) == ({"size": "4k", "bg color": "a&b=c"}, {"photo"})
        assert content(file) == PHOTO
    assert take_urlencoded(filled(file, "photo=&a"), ("photo",)) == ({"a": ""}, set())
    assert take_urlencoded(filled(file, ""), ("photo",)) == ({}, set())


@pytest.mark.usefixtures("piece")
@pytest.mark.parametrize("text", ["A", "AB", "ABC", "AB==CDEF", "ABC=CDEF" * 9, "AB*D", "Ä", "=", "====", "AAAA=", "AB=C"])
def test_what_is_no_base64_is_refused(file: int, text: str) -> None:
    for take, written in (
        (take_json, json.dumps({"photo": text})),
        (take_json, json.dumps({"photo": text}, ensure_ascii=False)),
        (take_urlencoded, urlencode({"photo": text})),
    ):
        with pytest.raises(Refused, match="photo is no base64"):
            take(filled(file, written), ("photo",))
    with pytest.raises(Refused, match="photo is no base64"):
        take_text(filled(file, text), "photo")


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"3", b"{", b'{"photo":3}', b'{"photo":{}}', b'{"photo":"\xff"}', b'{"a":[1]}', b'{"a":"\xff"}', b"\xff" * 9],
)
def test_what_is_no_such_json_is_refused(file: int, data: bytes) -> None:
    with pytest.raises(Refused) as refused:
        take_json(filled(file, data), ("photo",))
    assert refused.value.status == 400


def test_endless_fields_are_refused(file: int) -> None:
    long = "x" * 70_000
    for take, written in (
        (take_json, json.dumps({"size": long})),
        (take_urlencoded, f"size={long}"),
        (take_urlencoded, f"{long}=1"),
        (take_urlencoded, "&".join(f"a{number}=" for number in range(100))),
    ):
        with pytest.raises(Refused):
            take(filled(file, written), ("photo",))
