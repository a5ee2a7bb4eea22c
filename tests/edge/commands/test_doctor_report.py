"""`edge-matting doctor --report`: what an owner sends, and what never stands in it."""

from __future__ import annotations

import json
import re
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from edge.commands.doctor.private import Private
from tests.edge.boards import ORINS, jetson, write
from tests.edge.commands.test_doctor import Machine

SERIAL, HOST, ADDRESS, MAC = "1423522013345", socket.gethostname(), "192.168.178.61", "48:b0:2d:5c:11:f0"
TEGRASTATS = "11-28-2026 20:01:07 RAM 2448/7620MB (lfb 4x2MB) CPU [12%@1510] GR3D_FREQ 61% cpu@48.5C VDD_IN 7014mW/7014mW"


def report(machine: Machine, *words: str) -> tuple[str, dict[str, Any]]:
    """The file's text, and the same read."""
    path = machine.folder / "board.json"
    command = machine.command("--report", str(path), "--photos", "2", *words)
    done = subprocess.run(command, capture_output=True, text=True, env=machine.environment, timeout=300, check=False)
    assert path.exists(), done.stdout + done.stderr
    assert "look it through" in done.stderr
    text = path.read_text()
    table: dict[str, Any] = json.loads(text)
    return text, table


@pytest.fixture
def orin(tmp_path: Path) -> Machine:
    """With everything about it that is nobody's business."""
    folder = tmp_path / "wedding-of-anna-and-ben"
    folder.mkdir()
    root = jetson(tmp_path / "root", ORINS["orin-nano-8gb"])
    write(root / "proc/device-tree/serial-number", SERIAL + "\0")
    write(root / "etc/hostname", "annas-booth\n")
    write(folder / "inbox/kiss.jpg", "not even a photo")
    said = f"echo '{TEGRASTATS}'; echo '{HOST} annas-booth {SERIAL} {ADDRESS} {MAC} fe80::4ab0:2dff:fe5c:11f0 /home/anna/x'"
    return Machine(folder, root, programs={"tegrastats": f"{said}\nexec sleep 600"})


def test_it_tells_what_the_board_is_and_how_fast_it_cuts(orin: Machine) -> None:
    _, table = report(orin)
    assert table["board"]["module"] == "Orin Nano 8 GB"
    assert table["board"]["jetpack"] == "6.0"
    assert table["memory"]["total"] > 7e9
    photos = table["photos"]
    assert (photos["cut"], photos["failed"]) == (2, "")
    assert photos["engine"].startswith("cpu (portrait")
    assert {"decode", "infer", "refine", "encode"} <= photos["stages"].keys()
    assert 0 < sum(stage["median"] for stage in photos["stages"].values()) <= photos["whole"]["p95"] * 1.5
    assert photos["hottest"]["tj-thermal"] == 49.125
    assert photos["peak_rss"] > 1e8
    assert table["tegrastats"][0] == TEGRASTATS
    assert table["found"]["heat"][0][0] == "ok"


def test_nothing_private_stands_in_it(orin: Machine) -> None:
    text, table = report(orin)
    for word in (SERIAL, HOST, "annas-booth", ADDRESS, MAC, "fe80", "anna", "wedding", "kiss", "inbox", str(orin.folder)):
        assert not re.search(rf"(?<!\w){re.escape(word)}", text), word
    assert table["tegrastats"][1].count("(this machine)") == 3
    assert table["found"]["folders"][0] == ["ok"]  # a level, and no word of where they are


def test_an_engine_that_does_not_open_is_told_and_the_rest_stays(orin: Machine) -> None:
    orin.config = '[engine]\nkind = "tensorrt"\n'
    _, table = report(orin)
    assert table["photos"]["cut"] == 0
    assert table["photos"]["failed"] != ""
    assert table["board"]["module"] == "Orin Nano 8 GB"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("20:01:07 RAM 1/2MB, L4T 36.4.3, 8.6.1", "20:01:07 RAM 1/2MB, L4T 36.4.3, 8.6.1"),
        ("asked 10.0.0.7: no answer", "asked (address): no answer"),
        ("open /srv/a/b.jpg, and ~/c", "open (path), and (path)"),
        ("::1 and fe80::1%eth0 and 2001:db8:0:0:0:0:0:1", "(address) and (address) and (address)"),
        ("Anna.Smith@example.org", "(address)"),
    ],
)
def test_what_is_taken_out_of_a_sentence(tmp_path: Path, text: str, cleaned: str) -> None:
    assert Private(tmp_path).without(text) == cleaned
