"""A running service whose workers say whatever comes to their mind: it lives on, and writes where it should.

`python -m tests.attacks.fuzz_answers [--answers 1000000]` gives a real service small photos and wild workers, until
these have given so many answers; then it looks whether the service is the process it was and holds no more files open, whether
each photo lies in exactly one place and nothing lies anywhere else, and whether a worker of ours still cuts. Exit code 1 where
not.

A wild worker comes up as it should. For every photo it then says some hundred things that may be true, in any order and at any
pace, and now and then one that is not: a field of another type or out of its range, unknown jobs, stages, errors and fields,
bytes cut short or changed, files by the hundred, nothing at all; it writes rubbish into the outputs that it was given, keeps
them, cuts them short, and may end at any moment.
"""

from __future__ import annotations

import argparse
import array
import contextlib
import json
import mmap
import os
import random
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

STAGES = ("decode", "prepare", "infer", "refine", "composite", "encode", "write")
_FEED = 40  # photos in the inbox at once


def babble(descriptor: int, folder: Path) -> None:
    """The life of a wild worker on that channel. Uses little of Python: thousands of them live."""
    chance = random.Random(os.getpid() ^ time.monotonic_ns())
    channel = socket.socket(fileno=descriptor)
    # In shared memory: it is ended by SIGKILL when it is found out.
    with (folder / f"answers-{os.getpid()}-{time.monotonic_ns()}").open("w+b") as file:
        file.truncate(8)
        said = mmap.mmap(file.fileno(), 8)
    try:
        channel.recv(1 << 16)
        channel.send(message("WorkerReady", engine="wild", unlocked=[]))
        while True:
            data, files, _, _ = socket.recv_fds(channel, 1 << 16, 8)
            if not data:
                break
            with contextlib.suppress(ValueError, OSError):  # an output that is sealed meanwhile
                _scribble(files, chance)
            job = json.loads(data)[1]["job"]
            for answer, rights in answers(job, chance):
                said[:] = (int.from_bytes(said, "little") + 1).to_bytes(8, "little")
                channel.sendmsg(
                    [answer], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [2] * rights))] if rights else []
                )
                if chance.random() < 0.0005:
                    time.sleep(chance.random() / 50)
    except OSError:
        pass  # we were found out


def message(kind: str, **fields: object) -> bytes:
    return json.dumps([[], {"type": kind, **fields}]).encode()


def _scribble(files: list[int], chance: random.Random) -> None:
    for file in files[1:]:
        if chance.random() < 0.5:
            os.pwrite(file, chance.randbytes(chance.choice([1, 100, 5000])), chance.choice([0, 10, 1 << 16]))
        if chance.random() < 0.2:
            os.ftruncate(file, chance.choice([0, 7, 1 << 20]))


def answers(job: int, chance: random.Random) -> list[tuple[bytes, int]]:
    """What is said of a photo, each with the number of files that go with it."""
    said = [(message("StageBegun", job=job, stage=chance.choice(STAGES)), 0) for _ in range(chance.randrange(400))]
    for _ in range(chance.choice([0, 0, 1, 1, 1, 5])):
        said.insert(chance.randrange(len(said) + 1), _untrue(job, chance))
    return [*said, (_last(job, chance), 0)]


def _last(job: int, chance: random.Random) -> bytes:
    if chance.random() < 0.5:
        return message("PhotoCut", job=job, coverage=0.5, width=1, height=1, stage_ms={}, memory=1, gpu_memory=0)
    error = chance.choice(["PhotoTooLarge", "NoPersonFound", "EngineError", "OutOfMemory", "UnsupportedPhoto"])
    return message("PhotoFailed", job=job, error=error, message="x", traceback="", memory=1, gpu_memory=0)


def _untrue(job: int, chance: random.Random) -> tuple[bytes, int]:
    whole = json.loads(
        chance.choice([
            _last(job, chance),
            message("StageBegun", job=job, stage="decode"),
            message("WorkerReady", engine="wild", unlocked=[]),
            message("WorkerRefused", error="ModelError", message="no"),
        ])
    )  # fmt: skip
    kinds: list[Callable[[], tuple[bytes, int]]] = [
        lambda: (_with_another_field(whole, chance), 0),
        lambda: (_changed(json.dumps(whole).encode(), chance), 0),
        lambda: (chance.randbytes(chance.choice([0, 1, 100, 60_000])), 0),
        lambda: (b"[" * chance.choice([10, 60_000]), 0),
        lambda: (json.dumps(whole).encode(), chance.choice([1, 4, 200])),
        lambda: (json.dumps([["output", "output"], whole[1]]).encode(), chance.choice([0, 2])),
        lambda: (json.dumps(whole).encode(), 0),
    ]
    return chance.choice(kinds)()


def _with_another_field(whole: list[object], chance: random.Random) -> bytes:
    fields = whole[1]
    assert isinstance(fields, dict)
    name = chance.choice([*fields, "suffix", "path", "\x1b[2J"])
    odd: list[object] = [
        None,
        -1,
        1 << 70,
        1e999,
        "../../../planted",
        "\x1b]0;planted\x07",
        [],
        {},
        True,
        "x" * 30_000,
        float("nan"),
        "\ud800",
    ]
    return json.dumps([whole[0], {**fields, name: chance.choice(odd)}]).encode()


def _changed(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 8)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed[: chance.randrange(len(changed) + 1)]) if chance.random() < 0.3 else bytes(changed)


def main() -> int:
    from tests.edge.hot import Hot, portrait, wait_for

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=int, default=1_000_000)
    wanted = parser.parse_args().answers
    with tempfile.TemporaryDirectory(prefix="answers-", dir="/dev/shm") as name:
        root, counts = Path(name, "hot"), Path(name, "counts")
        root.mkdir()
        counts.mkdir()
        (counts / "wild").touch()
        here = Path(__file__).resolve()
        os.environ["PYTHONPATH"] = f"{here.parent / 'fuzzed'}{os.pathsep}{here.parents[2]}"
        os.environ["FUZZ_FOLDER"] = str(counts)
        hot = Hot(root)
        hot.start()
        wait_for(lambda: "ready" in hot.said(), hot)
        assert hot.process is not None
        supervisor, files = hot.process.pid, _open_files(hot.process.pid)
        photo, put_in, said, lives = portrait(32), 0, 0, 0
        while said < wanted and hot.process.poll() is None:
            for _ in range(_FEED - sum(1 for _ in hot.inbox.iterdir())):
                put_in += 1
                hot.drop(f"{put_in}.jpg", photo)
            time.sleep(0.2)
            # All but the newest, whose worker still speaks.
            for count in sorted(counts.glob("answers-*"), key=lambda path: int(path.name.split("-")[2]))[:-1]:
                said, lives = said + int.from_bytes(count.read_bytes(), "little"), lives + 1
                count.unlink()
            print(f"\r{said:,} answers of {lives:,} workers, {put_in:,} photos", end="", flush=True, file=sys.stderr)
        print(file=sys.stderr)
        (counts / "wild").unlink()
        wait_for(lambda: not hot.files("inbox"), hot)
        hot.drop("good.jpg", portrait())
        wait_for(lambda: "good.png" in hot.files("outbox"), hot)
        wrong = _wrong(hot, put_in, supervisor, files)
        print(f"{said:,} answers of {lives:,} workers about {put_in:,} photos: {wrong or 'nothing wrong'}")
        if hot.process.poll() is None:
            hot.stop()
        if wrong:
            print(hot.said()[-4000:])
        return int(bool(wrong))


def _open_files(pid: int) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def _wrong(hot, put_in: int, supervisor: int, files: int) -> str:  # type: ignore[no-untyped-def]
    if hot.process.poll() is not None or hot.process.pid != supervisor:
        return "the service ended"
    if _open_files(supervisor) > files + 3:
        return f"{_open_files(supervisor)} files open, {files} at first"
    photos = [
        name for folder in ("inbox", "done", "failed", "no_person") for name in hot.files(folder) if name.endswith(".jpg")
    ]
    if sorted(photos) != sorted([*(f"{number}.jpg" for number in range(1, put_in + 1)), "good.jpg"]):
        return f"{len(photos)} photos of {put_in + 1}"
    outputs = {name.removesuffix(".png") for name in hot.files("outbox")}
    done = {name.removesuffix(".jpg") for name in hot.files("done")}
    if outputs != done:
        return f"{len(outputs ^ done)} photos in done without an output, or outputs without one"
    known = {*hot.folders, "config.toml", "service.log"}
    strange = {path.name for path in hot.root.iterdir()} - known or {name for name in hot.files("state") if "planted" in name}
    return f"{sorted(strange)} lie where nothing should" if strange else ""


if __name__ == "__main__":
    sys.exit(main())
