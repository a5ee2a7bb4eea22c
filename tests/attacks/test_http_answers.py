"""An HTTP server that somebody took over lies to the supervisor: it costs the server, and nothing else. In a real service."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.attacks.http_liar import planted
from tests.attacks.http_lies import ANSWERED, ENDED, PICTURE
from tests.edge.hot import Hot, portrait, wait_for
from tests.edge.http.client import answers, free_port
from tests.edge.http.conftest import Served

pytestmark = pytest.mark.slow

SERVER = "edge.http.main"
Start = Callable[..., Served]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """A service whose HTTP servers can be taken over, running. extra: configuration; environment: beside our own."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "photo.jpg").write_bytes(portrait())
    monkeypatch.setenv("PYTHONPATH", planted(tmp_path / "planted"))
    monkeypatch.setenv(PICTURE, str(outside / "photo.jpg"))
    port = free_port()
    (tmp_path / "hot").mkdir()
    hot = Hot(tmp_path / "hot", f'[http]\nlisten = "127.0.0.1:{port}"\n')

    def begin(extra: str = "", **environment: str) -> Served:
        with hot.config.open("a") as config:
            config.write(extra)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        hot.start()
        return Served(hot, port)

    yield begin
    if hot.process is not None:
        hot.process.kill()
        hot.process.wait()


def lie(served: Served, name: str) -> None:
    """Take the server over; it may answer, or not."""
    with contextlib.suppress(requests.RequestException):
        requests.post(f"{served.url}/cut", files={"photo": f"LIE={name};".encode()}, timeout=(20, 0.5))


def taken_over(start: Start, name: str) -> tuple[Served, int | None]:
    """A service whose server has told that lie, while a photo was cut; and that server's process id."""
    served = start()
    wait_for(lambda: answers(served.port, "/healthz"), served.hot)
    first = served.hot.process_of(SERVER)
    lie(served, name)
    goes_on(served)
    return served, first


def goes_on(served: Served, name: str = "good") -> None:
    """A photo in the hot folder is cut meanwhile."""
    served.hot.drop(f"{name}.jpg", portrait())
    wait_for(lambda: f"{name}.jpg" in served.hot.files("done"), served.hot)
    assert f"{name}.png" in served.hot.files("outbox")


def nothing_else_happened(served: Served, root: Path) -> None:
    """One service from its start to its stop, which it takes as usual; no file that it should not have made."""
    hot = served.hot
    assert hot.process is not None and hot.process.poll() is None, hot.said()
    assert hot.stop() == 0, hot.said()
    assert "Traceback" not in hot.said() and "\x1b" not in hot.said() and "\nforged" not in hot.said()
    assert hot.files("inbox", "failed", "no_person") == set()
    assert {path.name for path in (root / "outside").iterdir()} == {"photo.jpg"}
    assert (root / "outside" / "photo.jpg").read_bytes() == portrait()
    assert {path.name for path in root.iterdir()} == {"hot", "outside", "planted"}


@pytest.mark.parametrize("name", ENDED)
def test_a_lie_ends_the_server_that_told_it_and_another_serves(start: Start, name: str, tmp_path: Path) -> None:
    served, first = taken_over(start, name)
    hot = served.hot
    wait_for(lambda: f"the HTTP server {ENDED[name][1]}" in hot.said(), hot)
    wait_for(lambda: hot.process_of(SERVER) not in (None, first) and answers(served.port, "/healthz"), hot)
    assert requests.post(f"{served.url}/cut", data=portrait(), timeout=60).status_code == 200
    assert len(re.findall("the HTTP server .* started again in", hot.said())) == 1
    nothing_else_happened(served, tmp_path)


@pytest.mark.parametrize("name", ANSWERED)
def test_what_it_asks_for_and_may_not_have_it_does_not_get(start: Start, name: str, tmp_path: Path) -> None:
    served, first = taken_over(start, name)
    hot = served.hot
    for words in ANSWERED[name][1]:
        wait_for(lambda words=words: re.search(f"liar: .*{re.escape(words)}", hot.said()), hot)  # type: ignore[misc]
    wait_for(lambda: answers(served.port, "/healthz"), hot)
    assert requests.post(f"{served.url}/cut", data=portrait(), timeout=60).status_code == 200
    assert hot.process_of(SERVER) == first
    nothing_else_happened(served, tmp_path)


@pytest.mark.parametrize("name", ["it ends at once", "it serves for a moment"])
def test_a_server_that_never_stays_is_started_ever_more_rarely(start: Start, name: str, tmp_path: Path) -> None:
    served = start(LIE=name)
    wait_for(lambda: "started again in 4 s" in served.hot.said(), served.hot)
    goes_on(served)
    pauses = re.findall(r"the HTTP server ended with code 7; started again in (\d+) s", served.hot.said())
    assert pauses[:3] == ["1", "2", "4"]
    nothing_else_happened(served, tmp_path)


def test_a_server_that_talks_of_ever_new_faults_does_not_fill_the_log(start: Start, tmp_path: Path) -> None:
    served = start(LIE="it talks of faults")
    goes_on(served)
    wait_for(lambda: "planted" in served.hot.said(), served.hot)
    goes_on(served, "better")
    assert served.hot.said().count("http.listen planted") < 100
    nothing_else_happened(served, tmp_path)


@pytest.mark.usefixtures("gstreamer")
def test_a_server_that_watches_without_end_keeps_no_camera_busy(start: Start) -> None:
    """A stream twice a second is all that the camera's process hears of."""
    served = start('[camera]\nsource = "test://"\nwidth = 320\nheight = 240\n')
    hot = served.hot
    wait_for(lambda: answers(served.port, "/live.jpg"), hot)
    camera = hot.process_of("edge.camera.process")
    begun = time.monotonic()
    lie(served, "a viewer without end")
    wait_for(lambda: "times of 2000" in hot.said(), hot)
    given = re.search(r"were given (\d+) times", hot.said())
    assert given is not None and 0 < int(given[1]) <= 2 * (time.monotonic() - begun) + 1
    assert requests.post(f"{served.url}/snap", timeout=60).status_code == 422, "a test picture has nobody in it"
    assert hot.process_of("edge.camera.process") == camera
    assert hot.stop() == 0


def test_a_server_that_does_not_hear_that_it_should_end_is_ended(start: Start, tmp_path: Path) -> None:
    served = start()
    wait_for(lambda: answers(served.port, "/healthz"), served.hot)
    lie(served, "deaf")
    goes_on(served)
    pid = served.hot.process_of(SERVER)
    nothing_else_happened(served, tmp_path)
    assert pid is not None and not Path(f"/proc/{pid}").exists()
