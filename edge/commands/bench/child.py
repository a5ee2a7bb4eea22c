"""The parent's side of a measured child process: ask one line, get one JSON line."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

from matting.errors import EngineError

PACKAGES = Path(__file__).resolve().parents[3]
STOP_SECONDS = 10


def product_environment() -> dict[str, str]:
    """The environment in which a child finds the same packages, installed or not."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(PACKAGES), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)}


def own_command(engine: str, model: Path, threads: int, form: str) -> list[str]:
    """The command of `edge.commands.bench.own`."""
    return [sys.executable, "-m", "edge.commands.bench.own", engine, str(model), str(threads), form]


class Child:
    """Context manager around one child. `loaded` is its first answer. Ends with the child's stdin closed and it waited for."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the child
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment,
            text=True,
        )
        self.loaded: dict[str, Any] = {}

    def __enter__(self) -> Child:
        try:
            self.loaded = self._answer()
        except EngineError:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def ask(self, *words: str) -> dict[str, Any]:
        """Send the words, wait for the answer.

        Raises:
            EngineError: the child ended; the message holds the last line it left on stderr.
        """
        with contextlib.suppress(BrokenPipeError):  # it has ended: reading the answer says why
            print("\t".join(words), file=self._process.stdin, flush=True)
        return self._answer()

    def close(self) -> None:
        """End the child: it stops at the end of its stdin, or is killed after 10 s."""
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(BrokenPipeError):  # it has ended, with words to it still in the pipe
                if pipe is not None:
                    pipe.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()

    def _answer(self) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise EngineError(f"the measured process ended: {self._last_words()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _last_words(self) -> str:
        self._process.wait(STOP_SECONDS)
        self._errors.seek(0)
        lines = self._errors.read().strip().splitlines()
        return lines[-1] if lines else f"exit code {self._process.returncode}"
