from __future__ import annotations

import logging
import subprocess
from pathlib import Path

import pytest

from edge.board.heat import Heat, HeatWatch, Level, judged
from edge.board.sensors import Zone
from edge.monitoring.status import State, read_status
from tests.edge.boards import zone
from tests.edge.hot import Hot, wait_for


def at(celsius: float) -> list[Zone]:
    return [Zone("cpu-thermal", celsius, 99.0, 104.5), Zone("board", 30.0, None, 110.0), Zone("cool", 20.0)]


@pytest.mark.parametrize(
    ("celsius", "before", "level"),
    [
        (60, "fine", "fine"),
        (93.9, "fine", "fine"),
        (94, "fine", "hot"),
        (92, "hot", "hot"),  # entered at 94, left below 91
        (90.9, "hot", "fine"),
        (98.9, "hot", "hot"),
        (99, "fine", "throttling"),
        (96.5, "throttling", "throttling"),  # entered at 99, left below 96
        (95.9, "throttling", "hot"),
        (92, "throttling", "hot"),
        (60, "throttling", "fine"),
    ],
)
def test_a_level_is_easier_kept_than_entered(celsius: float, before: Level, level: Level) -> None:
    assert judged(at(celsius), before).level == level


def test_the_zone_nearest_to_its_own_limit_decides() -> None:
    zones = [Zone("cpu-thermal", 90.0, 99.0), Zone("board", 98.0, None, 105.0)]
    heat = judged(zones, "fine")
    assert str(heat) == "slowed down by heat: board 98 °C, slows down at 95 °C; give it air, or a lower power mode"
    assert heat.zone == zones[1]


def test_zones_without_any_limit_have_one_all_the_same() -> None:
    assert judged([Zone("tj-thermal", 91.0)], "fine").level == "hot"


def test_no_zone_is_no_heat() -> None:
    assert judged([], "throttling") == Heat("fine")
    assert str(Heat("fine")) == "no temperature is told"


def test_the_watch_looks_once_a_minute_and_tells_each_change_once(caplog: pytest.LogCaptureFixture) -> None:
    readings = [at(60), at(95), at(97), at(93), at(100), at(60)]
    watch = HeatWatch(lambda: readings.pop(0))
    with caplog.at_level(logging.INFO):
        for second in range(0, 360, 5):
            watch.poll(1000.0 + second)
    assert not readings
    assert [(record.levelname, record.message.split(":")[0]) for record in caplog.records] == [
        ("WARNING", "hot"),
        ("WARNING", "slowed down by heat"),
        ("INFO", "cooler"),
    ]
    assert watch.heat.level == "fine"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("celsius", "words"), [(60, ""), (94, "hot: tj-thermal 94 °C"), (99, "slowed down by heat: tj-thermal")]
)
def test_the_service_tells_heat_in_status_and_log(hot: Hot, tmp_path: Path, celsius: int, words: str) -> None:
    """In a mount namespace of its own, with a /sys made for it."""
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine does not allow user namespaces with mounts")
    zone(tmp_path, 0, "tj-thermal", celsius * 1000, passive=99000)
    mount = f'mount --rbind {tmp_path}/sys /sys && exec "$@"'
    with hot.log.open("ab") as log:
        hot.process = subprocess.Popen(["unshare", "-rm", "sh", "-c", mount, "sh", *hot.command()], stderr=log)
    path = hot.state / "status.json"
    wait_for(lambda: path.exists() and read_status(path).state is State.READY, hot)
    status = read_status(path)
    assert status.temperature == celsius
    assert status.reason.startswith(words) and bool(status.reason) == bool(words)
    assert words in status.line and words in hot.said()
