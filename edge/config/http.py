"""What an operator can ask of the HTTP server: plain values, so that they travel to its process as they are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """listen: host and port. key_file: a file with the key that every request must show. certificate, private_key: PEM files,
    both or neither. hosts: names by which clients call this machine, beside its addresses, "localhost" and its own name.
    origins: of web pages that may use it from a browser. deadline: seconds for a request, from its headers to its cut-out.
    """

    listen: tuple[str, int]
    key_file: Path | None = None
    certificate: Path | None = None
    private_key: Path | None = None
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    deadline: float = 60.0


def written(address: tuple[str, int]) -> str:
    """An address as it stands in the configuration."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
