"""The metrics as Prometheus' own client library reads them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from edge.monitoring.metrics import exposition
from edge.monitoring.status import State, Status
from edge.monitoring.textfile import TextFile
from tests.edge.hot import Hot, wait_for
from tests.edge.monitoring.test_status import STATUS

Samples = dict[tuple[str, str], float]


def parsed(text: bytes) -> Samples:
    """(name, value of its label) -> value."""
    families = list(text_string_to_metric_families(text.decode()))
    assert all(family.documentation and family.type in ("gauge", "counter", "summary") for family in families)
    return {
        (sample.name.removeprefix("edge_matting_"), next(iter(sample.labels.values()), "")): sample.value
        for family in families
        for sample in family.samples
    }


SOURCES = (replace(STATUS.sources[0], memory=9), STATUS.sources[1])


def test_every_figure_of_the_status_is_there() -> None:
    samples = parsed(exposition(replace(STATUS, temperature=51.5, sources=SOURCES, hooks_failed={"url": 0, "command": 2})))
    assert (samples["hooks_failed_total", "url"], samples["hooks_failed_total", "command"]) == (0, 2)
    assert samples["photos_total", "cut"] == 12 and samples["photos_total", "failed"] == 1
    assert samples["state", "BUILDING"] == 1 and sum(samples["state", state.value] for state in State) == 1
    assert samples["build_progress_ratio", ""] == 0.43
    assert samples["stage_seconds_count", "decode"] == 2 and samples["stage_seconds_sum", "decode"] == 0.5
    assert samples["memory_bytes", "worker"] == 2 and samples["memory_bytes", "camera"] == 9
    assert samples["temperature_celsius", ""] == 51.5 and samples["disk_free_bytes", ""] == 4
    assert (samples["source_up", "camera"], samples["source_up", "hot-folder"]) == (0, 1)
    assert (samples["queue_photos", ""], samples["in_hand_photos", ""]) == (3, 1)


def test_what_is_not_known_has_no_sample() -> None:
    names = {name for name, _ in parsed(exposition(replace(STATUS, progress=None, sources=(), stages={})))}
    assert not names & {"temperature_celsius", "hooks_failed_total", "build_progress_ratio", "source_up", "stage_seconds_sum"}


@pytest.mark.parametrize("name", ['a "b" \\ c', "two\nlines", "é {x=1}"])
def test_whatever_an_engine_is_called_the_file_stays_whole(name: str) -> None:
    families = {family.name: family for family in text_string_to_metric_families(exposition(renamed(name)).decode())}
    assert families["edge_matting_info"].samples[0].labels["engine"] == name
    assert len(families) == len(list(text_string_to_metric_families(exposition(STATUS).decode())))


def renamed(engine: str) -> Status:
    return replace(STATUS, engine=engine)


def test_the_file_is_for_everybody_written_seldom_and_at_once_when_the_state_turns(tmp_path: Path) -> None:
    path = tmp_path / "edge.prom"
    file = TextFile(path)
    file.tell(STATUS)
    assert path.stat().st_mode & 0o777 == 0o644
    file.tell(replace(STATUS, cut=13, updated=STATUS.updated + 9))
    assert parsed(path.read_bytes())["photos_total", "cut"] == 12
    file.tell(replace(STATUS, cut=14, updated=STATUS.updated + 10))
    assert parsed(path.read_bytes())["photos_total", "cut"] == 14
    file.tell(replace(STATUS, state=State.READY, updated=STATUS.updated + 11))
    assert parsed(path.read_bytes())["state", "READY"] == 1
    assert [each.name for each in tmp_path.iterdir()] == ["edge.prom"]


def test_a_folder_that_cannot_be_written_is_told_of_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = TextFile(tmp_path / "missing" / "edge.prom")
    file.tell(STATUS)
    file.tell(replace(STATUS, updated=STATUS.updated + 60))
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    file.close()


@pytest.mark.slow
def test_the_service_writes_it_and_takes_it_away(tmp_path: Path) -> None:
    hot = Hot(tmp_path, '[metrics]\ntextfile = "edge.prom"\n')
    hot.start()
    try:
        path = tmp_path / "edge.prom"
        wait_for(lambda: path.exists() and parsed(path.read_bytes())["state", "READY"] == 1, hot)
        assert parsed(path.read_bytes())["memory_bytes", "supervisor"] > 10e6
        assert hot.stop() == 0
        assert not path.exists()
    finally:
        if hot.process is not None:
            hot.process.kill()
            hot.process.wait()
