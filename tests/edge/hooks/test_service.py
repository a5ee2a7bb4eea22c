"""A real service whose photos are told of, to those who listen and to those who hang, flood, lie or are not there."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from edge.monitoring.status import Status, read_status
from tests.edge.hooks.receiver import Receiver, lines, script, stranger
from tests.edge.hot import Hot, portrait, wait_for
from tests.edge.http.client import answers, free_port
from tests.edge.http.test_contracts import empty

pytestmark = pytest.mark.slow


def hooks(**keys: object) -> str:
    return "[hooks]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())


def noted(folder: Path) -> tuple[list[str], Path]:
    """A command that notes what it reads, a line each, and where."""
    notes = folder / "notes"
    return [str(script(folder / "note", f"cat >> {notes}; echo >> {notes}"))], notes


def status(hot: Hot) -> Status:
    return read_status(hot.state / "status.json")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.close()


@pytest.fixture
def end() -> Iterator[list[Hot]]:
    """Services that are killed after the test, whatever became of it."""
    services: list[Hot] = []
    yield services
    for hot in services:
        if hot.process is not None:
            hot.process.kill()
            hot.process.wait()


def test_each_photo_of_a_folder_is_told_to_both_and_none_of_a_request(
    tmp_path: Path, receiver: Receiver, end: list[Hot]
) -> None:
    command, notes = noted(tmp_path)
    port = free_port()
    text = f'[http]\nlisten = "127.0.0.1:{port}"\n[metrics]\ntextfile = "{tmp_path}/edge.prom"\n'
    hot = Hot(tmp_path, text + hooks(url=receiver.url, command=command))
    end.append(hot)
    hot.start()
    wait_for(lambda: answers(port, "/healthz"), hot)
    assert requests.post(f"http://127.0.0.1:{port}/cut", data=portrait(), timeout=60).status_code == 200
    assert requests.post(f"http://127.0.0.1:{port}/cut", data=b"no picture", timeout=60).status_code == 422
    expected = []
    for name, data, event in [
        ("party/guest.jpg", portrait(), "cut"),
        ("nobody.jpg", empty(), "no-person"),
        ("note.jpg", b"no picture at all", "failed"),
    ]:
        hot.drop(name, data)
        expected.append((event, name))
        wait_for(lambda: receiver.told() == expected, hot)
    wait_for(lambda: len(lines(notes)) == 3, hot)
    tables = [table for _, table in receiver.posts]
    assert lines(notes) == tables
    cut, nobody, failed = tables
    assert cut["output"] == "party/guest.png" and (cut["width"], cut["height"]) == (320, 320) and cut["stage_ms"]["infer"] > 0
    assert nobody["error"] == "NoPersonFound" and "output" not in nobody
    assert (
        failed["error"] == hot.reason("note.jpg.json")["error"] and failed["reason"] == hot.reason("note.jpg.json")["reason"]
    )
    assert hot.files("outbox") == {"party/guest.png"}, "no JSON where none was asked for"
    assert 'edge_matting_hooks_failed_total{hook="url"} 0' in (tmp_path / "edge.prom").read_text()
    assert hot.stop() == 0


def test_a_server_that_is_down_at_first_hears_of_all_photos_in_order(tmp_path: Path, end: list[Hot]) -> None:
    port = free_port()
    hot = Hot(tmp_path, hooks(url=f"http://127.0.0.1:{port}/"))
    end.append(hot)
    hot.start()
    hot.drop("a.jpg", portrait())
    wait_for(lambda: "hooks.url, for a.jpg: Connection refused; tried again in" in hot.said(), hot)
    receiver = Receiver(500, port=port)
    hot.drop("b.jpg", portrait())
    wait_for(lambda: receiver.told() == [("cut", "a.jpg"), ("cut", "a.jpg"), ("cut", "b.jpg")], hot)
    assert "was not told" not in hot.said() and status(hot).hooks_failed == {"url": 0}
    assert hot.stop() == 0
    receiver.close()


def drip(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"H")
        time.sleep(0.1)


def test_a_server_that_drips_holds_up_neither_photos_nor_the_command_nor_the_end(tmp_path: Path, end: list[Hot]) -> None:
    command, notes = noted(tmp_path)
    with stranger(drip) as url:
        hot = Hot(tmp_path, hooks(url=url, command=command, timeout_seconds=600))
        end.append(hot)
        hot.start()
        for number in range(4):
            hot.drop(f"{number}.jpg", portrait())
        wait_for(lambda: hot.files("done") == {f"{number}.jpg" for number in range(4)}, hot)
        wait_for(lambda: len(lines(notes)) == 4, hot)
        assert status(hot).state.value == "READY" and hot.files("failed") == set()
        assert hot.stop() == 0
    assert "hooks.url was not told of" in hot.said()


def test_a_redirect_is_not_followed_and_counted_at_once(tmp_path: Path, receiver: Receiver, end: list[Hot]) -> None:
    elsewhere = Receiver(307, location=receiver.url)
    hot = Hot(tmp_path, hooks(url=elsewhere.url))
    end.append(hot)
    hot.start()
    hot.drop("a.jpg", portrait())
    wait_for(lambda: "hooks.url was not told of a.jpg: it answered 307, and no redirect is followed" in hot.said(), hot)
    wait_for(lambda: status(hot).hooks_failed == {"url": 1}, hot)
    assert status(hot).state.value == "READY" and status(hot).cut == 1
    assert elsewhere.told() == [("cut", "a.jpg")] and receiver.told() == []
    assert elsewhere.url not in hot.said(), "it may hold a key"
    assert hot.stop() == 0
    elsewhere.close()


def test_a_command_that_hangs_costs_no_other_photo_and_not_the_url(tmp_path: Path, receiver: Receiver, end: list[Hot]) -> None:
    notes = tmp_path / "notes"
    body = f'read -r line; case $line in *bad.jpg*) yes >&2;; esac; echo "$line" >> {notes}'
    hot = Hot(tmp_path, hooks(url=receiver.url, command=[str(script(tmp_path / "note", body))], timeout_seconds=1))
    end.append(hot)
    hot.start()
    for name in ("bad.jpg", "good.jpg"):
        hot.drop(name, portrait())
        wait_for(lambda name=name: ("cut", name) in receiver.told(), hot)  # type: ignore[misc]
    wait_for(lambda: [table["name"] for table in lines(notes)] == ["good.jpg"], hot)
    assert "hooks.command was not told of bad.jpg: it took too long and was killed (5 tries)" in hot.said()
    assert hot.files("outbox") == {"bad.png", "good.png"} and status(hot).state.value == "READY"
    assert hot.stop() == 0


def test_once_waits_for_its_hooks_and_not_for_one_that_never_takes_anything(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    slow = script(tmp_path / "slow", f"sleep 1; cat >> {notes}; echo >> {notes}")
    hot = Hot(tmp_path, hooks(url=f"http://127.0.0.1:{free_port()}/", command=[str(slow)]))
    for number in range(2):
        hot.drop(f"{number}.jpg", portrait())
    result = hot.once()
    assert result.returncode == 0, result.stderr
    assert sorted(table["name"] for table in lines(notes)) == ["0.jpg", "1.jpg"]
    assert "hooks.url was not told of 0.jpg: Connection refused" in result.stderr
