"""What NVIDIA's tegrastats says while something runs: memory, load, temperatures and power, a line a second."""

from __future__ import annotations

import shutil
import subprocess
import threading
from types import TracebackType

_MOST = 900  # lines: a quarter of an hour
_END = 5.0


class Tegrastats:
    """Context manager around the program; `lines` is empty where there is none, or where it says nothing."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        program = shutil.which("tegrastats")
        self._process: subprocess.Popen[str] | None = None
        if program is not None:
            self._process = subprocess.Popen(
                [program, "--interval", "1000"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                errors="replace",
            )
            self._thread = threading.Thread(target=self._read, args=(self._process,), name="tegrastats", daemon=True)
            self._thread.start()

    def __enter__(self) -> Tegrastats:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._thread.join(_END)

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            if len(self.lines) < _MOST:
                self.lines.append(line.strip())
