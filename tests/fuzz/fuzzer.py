"""One target under libFuzzer, in a process of its own: tests.fuzz.fuzzer TARGET [libFuzzer's arguments]"""

from __future__ import annotations

import importlib
import logging
import sys
import tempfile
from pathlib import Path

import atheris


def main(name: str, arguments: list[str]) -> None:
    logging.disable()
    with atheris.instrument_imports(include=["matting", "edge", "tomllib"]):
        target = importlib.import_module(f"tests.fuzz.{name}")
    words = Path(tempfile.gettempdir(), f"words-{name}")
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.WORDS))
    mutate = getattr(target, "repaired", None)
    options = {} if mutate is None else {"custom_mutator": lambda data, most, seed: _mutated(mutate, data, most, seed)}
    itself = f"{sys.executable} -m tests.fuzz.fuzzer {name}"  # libFuzzer starts itself anew to merge
    atheris.StartMessage([itself, *arguments, f"-dict={words}", f"-max_len={target.LONGEST}"], target.one, **options)
    atheris.Fuzz()


def _mutated(repair, data: bytes, most: int, seed: int) -> bytes:  # type: ignore[no-untyped-def]
    """Changed at random; three times of four so that the change gets past checksums."""
    changed: bytes = atheris.Mutate(data, most)
    return repair(changed)[:most] if seed % 4 else changed


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
