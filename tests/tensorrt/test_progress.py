from __future__ import annotations

from edge.engine.tensorrt.progress import Progress


def test_a_phase_within_a_phase_is_a_part_of_its_parents_step() -> None:
    progress = Progress()
    progress.start("build", 4)
    progress.step("build", 0)
    assert progress.fraction == 0.25
    progress.start("tactics", 10)
    progress.step("tactics", 4)
    assert progress.fraction == 0.25 + 0.25 * 0.5
    assert progress.phase == "tactics"


def test_it_never_falls_and_ends_at_one() -> None:
    progress = Progress()
    seen = []
    progress.start("build", 2)
    for step in range(2):
        progress.start("inner", 3)
        for index in range(3):
            progress.step("inner", index)
            seen.append(progress.fraction)
        progress.finish("inner")
        progress.step("build", step)
        seen.append(progress.fraction)
    progress.finish("build")
    assert seen == sorted(seen)
    assert progress.fraction == 1.0
    assert progress.phase == ""


def test_a_finished_parent_ends_what_began_within_it() -> None:
    progress = Progress()
    progress.start("build", 2)
    progress.start("inner", 2)
    progress.finish("build")
    assert progress.phase == ""
