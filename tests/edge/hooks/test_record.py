"""The JSON beside a cut-out, of a real service."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path

import pytest

from edge.hooks.record import record_of
from edge.monitoring.events import Event
from tests.edge.hot import Hot, portrait
from tests.edge.http.test_contracts import empty

JSON = "[hooks]\njson = true\n"


@pytest.mark.slow
def test_each_cut_out_has_a_json_beside_it_that_takes_nobodys_name(tmp_path: Path) -> None:
    hot = Hot(tmp_path, JSON + "[matting]\nmask = true\n")
    (hot.outbox / "party").mkdir()
    (hot.outbox / "party" / "a.json").write_text("the customer's own")
    hot.drop("party/a.jpg", portrait())
    hot.drop("b.json.jpg", portrait())  # its cut-out is b.json.png
    hot.drop("b.jpg", portrait())
    hot.drop("nobody.jpg", empty())
    hot.drop("note.jpg", b"no picture at all")
    result = hot.once()
    assert result.returncode == 0, result.stderr
    of_party = {"party/a-2.png", "party/a-2.alpha.png", "party/a-2.json", "party/a.json"}
    of_b = {f"{stem}.{suffix}" for stem in ("b", "b.json") for suffix in ("png", "alpha.png", "json")}
    assert hot.files("outbox") == of_party | of_b
    assert hot.files("failed", "no_person") == {
        f"{name}.jpg{suffix}" for name in ("note", "nobody") for suffix in ("", ".json")
    }
    assert (hot.outbox / "party" / "a.json").read_text() == "the customer's own"
    table = json.loads((hot.outbox / "party" / "a-2.json").read_text())
    assert (table["event"], table["name"], table["output"]) == ("cut", "party/a.jpg", "party/a-2.png")
    assert (table["width"], table["height"]) == (320, 320) and 0.1 < table["coverage"] < 0.9
    assert {"decode", "infer", "encode"} <= table["stage_ms"].keys() and table["engine"]
    assert abs((datetime.fromisoformat(table["time"]) - datetime.now(timezone.utc)).total_seconds()) < 600
    assert table.keys() == {"event", "name", "output", "time", "width", "height", "coverage", "stage_ms", "engine"}


def test_only_the_end_of_a_photo_is_a_record() -> None:
    assert record_of(Event("state", "READY")) is None and record_of(Event("taken", "snap/a.jpg")) is None
    record = record_of(Event("failed", "a.jpg", "x" * 5000, at=0.0, error="UnreadablePhoto"))
    assert record is not None and record.reason == "x" * 2000 and record.error == "UnreadablePhoto"
