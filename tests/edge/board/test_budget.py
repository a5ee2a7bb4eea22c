from __future__ import annotations

from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path

import pytest

from edge.board.budget import BOARDS, Budget, Machine, budget, named, this_machine
from edge.engine.tensorrt.plan import BuildPlan, fallback_plans
from matting.cuda.footprint import footprint
from tests.edge.boards import ORINS, UNKNOWN, jetson, pc

ROOT = Path(__file__).parents[3]
MIB = 1 << 20
# The supervisor; a worker's libraries and one photo's bytes per pixel while the GPU does its pixels.
SUPERVISOR, RESIDENT, BESIDE_GPU, BUILDER = 64 * MIB, 400 * MIB, 16, 600 * MIB
JETSONS = [name for name in BOARDS if name != "pc"]


def row(name: str) -> str:
    """One row of the table in edge/engine/README.md."""
    b, mib = named(name), BOARDS[name].total // MIB
    sizes = (b.worker_bytes, b.cuda_bytes, b.sources_bytes, b.workspace, b.tactic_dram, b.memory_high, b.memory_max)
    cells = [
        f"`{name}`",
        f"{mib:,}",
        f"{b.pixels / 1e6:g} MP",
        b.in_flight,
        b.batch,
        b.threads,
        *(f"{s // MIB:,}" for s in sizes),
    ]
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


@pytest.mark.parametrize("name", BOARDS)
def test_the_readme_has_the_budgets(name: str) -> None:
    assert row(name) in (ROOT / "edge" / "engine" / "README.md").read_text().splitlines()


@pytest.mark.parametrize("name", JETSONS)
def test_each_way_of_working_fits_into_what_is_granted(name: str) -> None:
    b = named(name)
    base = SUPERVISOR + b.sources_bytes
    assert base + b.worker_bytes <= b.memory_high
    assert base + RESIDENT + b.in_flight * BESIDE_GPU * b.pixels + b.cuda_bytes <= b.memory_high
    assert b.memory_high < b.memory_max < BOARDS[name].total


@pytest.mark.parametrize("name", JETSONS)
def test_an_engine_is_built_beside_a_worker_that_cuts_12_mp_photos(name: str) -> None:
    """A build plan of these pools, and each that asks for less, is one that TensorRT takes."""
    b = named(name)
    worker = RESIDENT + b.in_flight * 24 * 12_000_000
    assert SUPERVISOR + b.sources_bytes + worker + BUILDER + b.workspace + b.tactic_dram <= b.memory_high
    plans = list(fallback_plans(BuildPlan("fp16", b.batch, b.workspace, b.tactic_dram)))
    assert len(plans) == 6
    assert b.batch in (1, 2, 4, 8)


@pytest.mark.parametrize("name", BOARDS)
def test_cuda_memory_holds_the_largest_photo(name: str) -> None:
    b = named(name)
    needed = footprint(b.pixels, min(b.batch, b.in_flight), 512 * 512)
    assert b.cuda_bytes >= needed.device + needed.pinned


def test_the_smallest_board_takes_24_mp_photos() -> None:
    assert named("orin-nano-4gb").pixels >= 24_000_000


@pytest.mark.parametrize("name", BOARDS)
def test_what_else_runs_changes_no_engine_and_no_limit_of_systemd(name: str) -> None:
    machine = BOARDS[name]
    free, busy = budget(machine), budget(replace(machine, available=machine.total // 3))
    for field in ("batch", "workspace", "tactic_dram", "memory_high", "memory_max", "sources_bytes", "threads"):
        assert getattr(free, field) == getattr(busy, field), field
    assert busy.worker_bytes <= free.worker_bytes
    assert busy.pixels * busy.in_flight < free.pixels * free.in_flight or busy.pixels == 12_000_000


@pytest.mark.parametrize("total", [256, 512, 1024, 2048])
def test_a_machine_too_small_gets_the_least_that_serves(total: int) -> None:
    b = budget(Machine(total * MIB, 10 * MIB, 1, True))
    assert (b.pixels, b.in_flight, b.batch) == (12_000_000, 1, 1)
    assert all(getattr(b, field.name) > 0 for field in fields(Budget))


@pytest.mark.parametrize("unified", [False, True])
def test_more_memory_never_gives_less(unified: bool) -> None:
    budgets = [budget(Machine(total << 30, total << 30, 8, unified)) for total in range(1, 65)]
    for less, more in pairwise(budgets):
        assert (less.in_flight, less.in_flight * less.pixels) <= (more.in_flight, more.in_flight * more.pixels)


def test_an_idle_worker_is_renewed_before_its_limit_fails_photos() -> None:
    for name in BOARDS:
        b = named(name)
        assert RESIDENT < b.renew_above(on_gpu=False) < b.worker_bytes
        assert b.renew_above(on_gpu=True) >= RESIDENT + b.cuda_bytes


def test_the_budget_of_a_board_follows_from_its_files(tmp_path: Path) -> None:
    """The cores are those of the machine that runs the test."""
    for name, fake in ORINS.items():
        found = this_machine(jetson(tmp_path / name, fake))
        assert found.memory_high == named(name).memory_high
        assert found.sources_bytes == named(name).sources_bytes
    assert this_machine(jetson(tmp_path / "unknown", UNKNOWN)).memory_high == 11000 * MIB * 3 // 4
    assert this_machine(pc(tmp_path / "pc")).workspace == named("pc").workspace
