"""Requests over HTTP by many clients, beside a backlog in the hot folder, while worker and server are killed at random; then:
was each request answered or refused, is each photo of the backlog in one place, and did memory stay where it was?

.venv/bin/python -m tests.faults.requests [--requests 1000] [--clients 8] [--backlog 200] [--kills 20] [--side 3464]
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import http.client
import io
import itertools
import json
import random
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from tests.edge.hot import Hot, portrait, wait_for
from tests.edge.http.client import answers, free_port
from tests.faults.chaos import outcome

_CHILDREN = ("edge.worker.main", "edge.http.main")
# What a request may come to: cut, refused while too many wait, while the service stops or its engine has failed, too late; or
# nothing, where the server was killed.
_FAIR = {200, 429, 503, 504, 0}
_PATIENCE = 60.0  # seconds for a server that was killed to listen again


@dataclass(frozen=True, slots=True)
class Found:
    """codes: status codes and how often, 0 for a connection that broke. memory: MB of the service and its children early and
    late. problems: what must not be."""

    codes: dict[int, int]
    memory: tuple[int, int]
    kills: int
    problems: list[str]


def run(root: Path, requests: int, clients: int, backlog: int, kills: int, side: int, seed: int = 1) -> Found:
    """side: of the square photos that are sent, in pixels."""
    port = free_port()
    hot = Hot(root, f'[http]\nlisten = "127.0.0.1:{port}"\n')
    hot.start()
    ended = threading.Event()
    try:
        wait_for(lambda: answers(port, "/healthz"), hot)
        dropped = {}
        for number in range(backlog):
            data = portrait() + b"\0" * number
            hot.drop(f"p{number}.jpg", data)
            dropped[f"p{number}.jpg"] = hashlib.sha256(data).hexdigest()
        photo, codes, problems = portrait(side), collections.Counter[int](), list[str]()
        memory: list[int] = []
        done = itertools.count(1)
        progress = [0]

        def ask(number: int) -> None:
            code, body = _posted(port, photo)
            codes[code] += 1
            if code not in _FAIR:
                problems.append(f"request {number}: {code} {body[:200]!r}")
            elif code == 200 and (wrong := _wrong(body, side)):
                problems.append(f"request {number}: {wrong}")
            if number % 10 == 0:
                memory.append(_memory(hot))
            progress[0] = next(done)

        due = _due(requests, kills, random.Random(seed))
        killer = threading.Thread(target=_kill, args=(hot, due, lambda: progress[0], ended))
        killer.start()
        with ThreadPoolExecutor(clients) as pool:
            list(pool.map(ask, range(requests)))
        killer.join()
        ended.set()
        wait_for(lambda: not hot.files("inbox"), hot, seconds=60 + backlog)
        wait_for(lambda: _posted(port, portrait())[0] == 200, hot)
        hot.stop()
    finally:
        ended.set()
        if hot.process is not None:
            hot.process.kill()
            hot.process.wait()
    if codes[0] > 2 * kills * clients:  # each client's, and its next one where the listening socket goes last
        problems.append(f"{codes[0]} connections broke, by {kills} kills and {clients} clients")
    problems += re.findall(r"the HTTP server (?!was killed (?:from outside|by SIGKILL)).*", hot.said())
    problems += outcome(hot, dropped, {}).problems
    third = max(1, len(memory) // 3)
    return Found(dict(codes), (max(memory[:third]), max(memory[-third:])), kills, problems)


def _posted(port: int, photo: bytes) -> tuple[int, bytes]:
    """Status code and body; 0 where the connection breaks. One that is refused for now is not sent again; one that nobody
    takes, as the server is being started, is."""
    end = time.monotonic() + _PATIENCE
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=180)
        try:
            connection.request("POST", "/cut", photo)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()


def _wrong(body: bytes, side: int) -> str:
    try:
        with Image.open(io.BytesIO(body)) as image:
            image.load()
            return "" if (image.mode, image.size) == ("RGBA", (side, side)) else f"{image.mode} {image.size}"
    except (OSError, SyntaxError) as error:
        return f"no whole picture: {error}"


def _due(requests: int, kills: int, chance: random.Random) -> list[int]:
    """After how many requests somebody is killed: spread over all of them, whatever the machine's pace."""
    apart = requests / (2 * kills) if kills else 0.0
    return [int((number + chance.random()) * apart) for number in range(2 * kills)]


def _kill(hot: Hot, due: list[int], done: Callable[[], int], ended: threading.Event) -> None:
    """The two in turns. done: how many requests are over."""
    for number, after in enumerate(due):
        while done() < after:
            if ended.wait(0.05):
                return
        wait_for(lambda number=number: hot.kill_child(_CHILDREN[number % 2]), hot)  # type: ignore[misc]


def _memory(hot: Hot) -> int:
    """MB that the status tells of the supervisor, the worker and the server."""
    try:
        status = json.loads((hot.state / "status.json").read_text())
    except (OSError, ValueError):
        return 0
    sources = sum(source["memory"] for source in status["sources"])
    return int(status["supervisor_bytes"] + status["worker_bytes"] + sources) >> 20


def main() -> int:
    """Exit code 1 when something is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--backlog", type=int, default=200)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--side", type=int, default=3464)
    given = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        found = run(Path(folder), given.requests, given.clients, given.backlog, given.kills, given.side)
    print(f"{found.codes} in {time.monotonic() - started:.0f} s, worker and server killed {found.kills} times each")
    print(f"memory at most {found.memory[0]} MB in the first third, {found.memory[1]} MB in the last")
    print("\n".join(found.problems) or "each request was answered or refused, each photo is in one place")
    return int(bool(found.problems))


if __name__ == "__main__":
    sys.exit(main())
