"""Photos and bad files dropped while worker and service are killed at random; then: is every file in exactly one place?

.venv/bin/python -m tests.faults.chaos [--photos 300] [--kills 50]
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import cv2

from edge.fs.temporary import temporaries
from tests.edge.hot import Hot, portrait, wait_for
from tests.matting import hostile

# Left out of the mix: they take seconds each to refuse, and are cut or refused in tests of their own.
_SLOW = 2 << 20
_KINDS = [("JPEG", ".jpg"), ("PNG", ".png"), ("WEBP", ".webp")]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the files: place -> how many; problems: what must not be.

    twice: photos that were renamed between the appearance of their cut-out and their own move, and so have another one
    under their new name.
    """

    places: dict[str, int]
    kills: dict[str, int]
    problems: list[str]
    twice: list[str]


def run(root: Path, photos: int, kills: int, seed: int, say: bool = False) -> Outcome:
    """Drop `photos` files, about one in six bad, killing worker or service (SIGKILL) `kills` times meanwhile."""
    chance = random.Random(seed)
    hot = Hot(root)
    hot.start()
    try:
        waiting = list(inputs(photos, chance))
        dropped: dict[str, str] = {}
        counts = {"service": 0, "worker": 0}
        for number in range(kills):
            for name, data in waiting[number * photos // kills : (number + 1) * photos // kills]:
                hot.drop(name, data)
                dropped[name] = hashlib.sha256(data).hexdigest()
            time.sleep(chance.uniform(0.1, 2.5))
            counts[_kill(hot, chance)] += 1
            if say:
                print(
                    f"kill {number + 1} of {kills}: {len(hot.files('inbox'))} wait, {len(hot.files('done'))} done", flush=True
                )
        wait_for(lambda: not hot.files("inbox"), hot, seconds=60 + photos)
        hot.stop()
    finally:
        if hot.process is not None:
            hot.process.kill()
            hot.process.wait()
    return outcome(hot, dropped, counts)


def inputs(photos: int, chance: random.Random, sizes: Sequence[int] = (200, 320, 480)) -> Iterator[tuple[str, bytes]]:
    """Names and files, one in six bad, each with a content of its own, so that a mix-up shows."""
    bad = [data for data in (make() for make in hostile.HOSTILE.values()) if len(data) < _SLOW]
    for number in range(photos):
        folder = chance.choice(["", "a/", "a/b/"])
        if number % 6 == 5:
            yield f"{folder}bad{number}.jpg", bad[number // 6 % len(bad)] + b"\0" * number
        else:
            kind, suffix = chance.choice(_KINDS)
            # Bytes behind the picture's end are allowed, and make its hash its own.
            yield f"{folder}p{number}{suffix}", portrait(chance.choice(sizes), 90, kind) + b"\0" * number


def _kill(hot: Hot, chance: random.Random) -> str:
    worker = hot.worker()
    if worker is not None and chance.random() < 0.5:
        os.kill(worker, signal.SIGKILL)
        return "worker"
    hot.stop(signal.SIGKILL)
    hot.start()
    return "service"


def outcome(hot: Hot, dropped: dict[str, str], kills: dict[str, int]) -> Outcome:
    """dropped: the SHA-256 of each file by its name."""
    problems = []
    places: dict[str, list[tuple[str, str]]] = collections.defaultdict(list)
    for place in ("inbox", "done", "failed", "no_person"):
        for name in hot.files(place):
            if not (name.endswith(".json") and place in ("failed", "no_person")):
                content = hashlib.sha256((hot.folders[place] / name).read_bytes()).hexdigest()
                places[content].append((place, name))
    counts: dict[str, int] = collections.Counter()
    for name, content in dropped.items():
        found = places.pop(content, [])
        if len(found) != 1 or found[0][1] != name:
            problems.append(f"{name} is at {found}")
            continue
        counts[found[0][0]] += 1
        if found[0][0] == "failed" and not Path(name).name.removeprefix("renamed-").startswith("bad"):
            problems.append(f"{name} is a good photo but failed: {hot.reason(name + '.json')['reason']}")
    problems += [f"nobody's file {found}" for found in places.values()]
    problems += [f"temporary {path}" for path in temporaries(hot.root)]
    problems += _outputs(hot)
    return Outcome(dict(counts), kills, problems, sorted(_stems(hot, "outbox") - _stems(hot, "done")))


def _stems(hot: Hot, place: str) -> set[str]:
    return {str(PurePosixPath(name).with_suffix("")) for name in hot.files(place)}


def _outputs(hot: Hot) -> list[str]:
    """Every photo in done has one output that decodes; every refused one its reason."""
    problems = []
    done, outputs = _stems(hot, "done"), _stems(hot, "outbox")
    problems += [f"{name} is done but has no output" for name in done - outputs]
    for name in outputs - done:
        path = PurePosixPath(name)
        if str(path.with_name(f"renamed-{path.name}")) not in done:
            problems.append(f"output {name} is of nobody's")
    for name in hot.files("outbox"):
        picture = cv2.imread(str(hot.outbox / name), cv2.IMREAD_UNCHANGED)
        if picture is None or picture.shape[2] != 4:
            problems.append(f"output {name} is not a whole RGBA picture")
    for place in ("failed", "no_person"):
        names = hot.files(place)
        problems += [f"{name} has no reason" for name in names if not name.endswith(".json") and name + ".json" not in names]
    return problems


def main() -> int:
    """Exit code 1 when a file is not where it belongs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=300)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        found = run(Path(folder), arguments.photos, arguments.kills, arguments.seed, say=True)
    print(f"{found.places} after {found.kills} kills, {time.monotonic() - started:.0f} s")
    print("\n".join(found.problems) or "every file is in exactly one place, every output is whole")
    return int(bool(found.problems))


if __name__ == "__main__":
    sys.exit(main())
