"""The feed's process killed, frozen, at the end of its stream, or of a wrong size, again and again, while photos are cut.

    .venv/bin/python -m tests.faults.camera [--faults 50]

Needs GStreamer.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from edge.camera.control import talk
from edge.fs.temporary import temporaries
from tests.edge.camera import films
from tests.edge.camera.booth import Booth
from tests.edge.camera.films import Film
from tests.edge.hot import portrait, wait_for

KINDS = ("killed", "frozen", "end of stream", "wrong size", "camera's process killed")


@dataclass(frozen=True, slots=True)
class Outcome:
    """faults by kind; longest: seconds until frames came again; snaps: one after each; problems: what must not be."""

    faults: dict[str, int]
    longest: float
    snaps: int
    problems: list[str]


def run(root: Path, film: Film, faults: int, photos_each: int, seed: int = 1, say: bool = False) -> Outcome:
    """So many faults, one after the other, each met by a backlog of `photos_each` new photos and followed by a snap."""
    chance = random.Random(seed)
    root.mkdir(exist_ok=True)
    source = root / "source.mp4"
    _play(source, film.path)
    hot = Booth(root, f'[camera]\nsource = "{source}"\n')
    hot.start()
    counts, longest, dropped = dict.fromkeys(KINDS, 0), 0.0, 0
    try:
        wait_for(lambda: _state(hot)["flowing"], hot)
        for number in range(faults):
            for _ in range(photos_each):
                hot.drop(f"{dropped}.jpg", portrait(200) + b"\0" * dropped)
                dropped += 1
            kind = KINDS[number % len(KINDS)]
            started = time.monotonic()
            _inflict(kind, hot, source, film)
            wait_for(lambda: _state(hot)["flowing"], hot)
            longest = max(longest, time.monotonic() - started)
            counts[kind] += 1
            wait_for(lambda: hot.snap().returncode == 0, hot)
            time.sleep(chance.uniform(0, 1))
            if say:
                print(f"fault {number + 1} of {faults}: {kind}, {time.monotonic() - started:.1f} s", flush=True)
        wait_for(lambda: not hot.files("inbox"), hot, seconds=120 + photos_each * faults)
        hot.stop()
    finally:
        if hot.process is not None:
            hot.process.kill()
            hot.process.wait()
    return Outcome(counts, longest, faults, _problems(hot, dropped, faults))


def _inflict(kind: str, hot: Booth, source: Path, film: Film) -> None:
    """Returns once the fault has been noticed: the feed was opened anew, or waits to be."""
    before = _openings(hot)
    if kind == "killed":
        os.kill(_pid(hot), signal.SIGKILL)
    elif kind == "frozen":
        os.kill(_pid(hot), signal.SIGSTOP)
    elif kind == "wrong size":
        _play(source, film.changing)
        os.kill(_pid(hot), signal.SIGKILL)
        wait_for(lambda: "instead of" in str(_state(hot)["cause"]), hot)
        _play(source, film.path)
    elif kind == "camera's process killed":
        camera = hot.camera()
        assert camera is not None
        os.kill(camera, signal.SIGKILL)
        wait_for(lambda: hot.camera() not in (camera, None), hot)
        return
    wait_for(lambda: _openings(hot) > before, hot)  # a film comes to its end by itself


def _play(source: Path, film: Path) -> None:
    """Another film under the same name, from the next opening on."""
    new = source.with_suffix(".new")
    shutil.copy(film, new)
    new.replace(source)


def _state(hot: Booth) -> dict[str, object]:
    try:
        table: dict[str, object] = json.loads(next(talk(hot.state, "status", 20)))
    except (OSError, StopIteration):  # the camera's process is just being started again
        return {"flowing": False, "cause": "", "openings": 0}
    return table


def _openings(hot: Booth) -> int:
    return int(str(_state(hot)["openings"]))


def _pid(hot: Booth) -> int:
    wait_for(lambda: hot.gstreamer() is not None, hot)
    return hot.gstreamer() or 0


def _problems(hot: Booth, dropped: int, snaps: int) -> list[str]:
    done, outputs = hot.files("done"), hot.files("outbox")
    photos = {name for name in done if "/" not in name}
    taken = {name for name in done if name.startswith("snap/")}
    problems = [f"{name} is not done" for name in {f"{number}.jpg" for number in range(dropped)} - photos]
    problems += [f"{len(taken)} snaps are done instead of {snaps} or more"] if len(taken) < snaps else []
    problems += [f"{len(done)} originals, {len(outputs)} outputs"] if len(done) != len(outputs) else []
    problems += [f"{name} failed" for name in hot.files("failed", "no_person", "inbox")]
    return problems + [f"temporary {path}" for path in temporaries(hot.root)]


def main() -> int:
    """Exit code 1 when a photo or a snap is not done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faults", type=int, default=50)
    parser.add_argument("--photos", type=int, default=10, help="new ones with each fault")
    arguments = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        found = run(Path(folder) / "booth", films.make(Path(folder)), arguments.faults, arguments.photos, say=True)
    print(f"{found.faults}, {time.monotonic() - started:.0f} s; frames came again after at most {found.longest:.1f} s")
    print("\n".join(found.problems) or "every photo and every snap is done, nothing is left over")
    return int(bool(found.problems))


if __name__ == "__main__":
    sys.exit(main())
