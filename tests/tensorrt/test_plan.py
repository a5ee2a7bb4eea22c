from __future__ import annotations

from edge.tensorrt.plan import BuildPlan, ladder

MIB = 1 << 20


def test_pools_go_down_first_and_the_optimisation_level_after_them() -> None:
    rungs = list(ladder(BuildPlan("fp16", 1, 512 * MIB, 256 * MIB)))
    assert [(rung.workspace // MIB, rung.level) for rung in rungs] == [
        (512, 3),
        (256, 3),
        (128, 3),
        (512, 1),
        (256, 1),
        (128, 1),
    ]
    assert {rung.precision for rung in rungs} == {"fp16"}


def test_pools_that_are_small_already_are_not_cut_to_nothing() -> None:
    rungs = list(ladder(BuildPlan("fp16", 1, 48 * MIB, 48 * MIB)))
    assert [(rung.workspace // MIB, rung.level) for rung in rungs] == [(48, 3), (48, 1)]
