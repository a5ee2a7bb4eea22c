"""Stands in for the JPEG decoder: one that a photo has taken over. It says on stderr what it got away with."""

from __future__ import annotations

import sys

from tests.attacks.attempts import ATTACKS, OF_DRIVERS, READING


def attack() -> None:
    for name, deed in {**ATTACKS, **OF_DRIVERS, **READING}.items():
        try:
            deed()
            outcome = "SUCCEEDED"
        except OSError as error:
            outcome = f"refused {error.errno}"
        sys.stderr.write(f"attack {name}: {outcome}\n")
    sys.stderr.flush()


def _decode(*_: object, **__: object) -> None:
    attack()
    raise ValueError("Corrupt JPEG data: planted")


decode_jpeg = decode_jpeg_header = encode_jpeg = _decode
