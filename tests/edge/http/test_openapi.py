"""What /openapi.json says is what the service does: the requests of `tests.fuzz.openapi`, in short and always the same."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from tests.edge.http.conftest import Served
from tests.fuzz.openapi import run

pytestmark = pytest.mark.slow


def test_no_request_brings_an_answer_that_the_document_does_not_tell_of(served: Served, tmp_path: Path) -> None:
    if importlib.util.find_spec("schemathesis") is None:
        pytest.skip("Schemathesis is not installed: it needs Python 3.11")
    done = run(served.port, tmp_path, "--seed", "1", "--max-examples", "10")
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"(\d+) generated, (\d+) passed", done.stdout)
    assert found is not None and int(found[2]) > 200, done.stdout
