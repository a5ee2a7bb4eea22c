from __future__ import annotations

from edge.engine.tensorrt.plan import BuildPlan, fallback_plans

MIB = 1 << 20


def test_pools_go_down_first_and_the_optimisation_level_after_them() -> None:
    plans = list(fallback_plans(BuildPlan("fp16", 1, 512 * MIB, 256 * MIB)))
    assert [(plan.workspace // MIB, plan.level) for plan in plans] == [
        (512, 3),
        (256, 3),
        (128, 3),
        (512, 1),
        (256, 1),
        (128, 1),
    ]
    assert {plan.precision for plan in plans} == {"fp16"}


def test_pools_that_are_small_already_are_not_cut_to_nothing() -> None:
    plans = list(fallback_plans(BuildPlan("fp16", 1, 48 * MIB, 48 * MIB)))
    assert [(plan.workspace // MIB, plan.level) for plan in plans] == [(48, 3), (48, 1)]
