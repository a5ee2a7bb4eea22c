"""Requests that /openapi.json allows, and such as it does not, made up by Schemathesis, against a real service: no fault of
ours, no answer that the document does not tell of.

    .venv/bin/python -m tests.fuzz.openapi [--minutes 10] [--seed 1]

Needs scripts/venv -e '.[test]'. Exit code 1 when something is not as it must be; each failure with the curl that repeats it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.edge.hot import Hot, wait_for
from tests.edge.http.client import answers, free_port

ROOT = Path(__file__).resolve().parents[2]
# A body of rubbish is no photo, and a photo may have nobody in it: which bodies are refused is not in the document.
_CHECKS = (
    *("status_code_conformance", "content_type_conformance", "response_headers_conformance", "response_schema_conformance"),
    *("not_a_server_error", "allow_header_conformance", "unsupported_method", "told_when_to_come_again"),
)
# 503 is said with when to come again, which is a check of ours.
_CONFIG = """
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", "503"]
"""


def run(port: int, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """All requests to the server at `port`. folder: for files of its own. arguments: of `schemathesis run`."""
    config = folder / "schemathesis.toml"
    config.write_text(_CONFIG)
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run"]
    command += [
        f"http://127.0.0.1:{port}/openapi.json",
        "--checks",
        ",".join(_CHECKS),
        "--no-color",
        "--request-timeout",
        "60",
    ]
    command += ["--generation-database", "none", "--continue-on-failure", "--phases", "examples,coverage,fuzzing", *arguments]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.fuzz.openapi_hooks", "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=environment)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        hot = Hot(Path(folder), f'[http]\nlisten = "127.0.0.1:{port}"\n')
        hot.start()
        try:
            wait_for(lambda: answers(port, "/healthz"), hot)
            done = run(port, Path(folder), "--seed", str(given.seed), "--max-time", str(round(given.minutes * 60)))
        finally:
            hot.stop()
    print(done.stdout + done.stderr)
    return int(done.returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
