"""All checks, in the order in which they are told."""

from __future__ import annotations

from collections.abc import Iterator

from edge.commands.doctor.gpu import check_cuda, check_engines, check_groups, check_nodes, check_tensorrt
from edge.commands.doctor.machine import check_board, check_budget, check_clocks, check_heat, check_jetpack, check_memory
from edge.commands.doctor.service import check_disk, check_folders, check_model, check_unit
from edge.hooks.checks import check_hooks
from edge.monitoring.finding import Check, Finding
from edge.monitoring.target import Target
from edge.service.sources import source_kinds

CHECKS: dict[str, Check] = {
    "board": check_board,
    "jetpack": check_jetpack,
    "memory": check_memory,
    "budget": check_budget,
    "heat": check_heat,
    "clocks": check_clocks,
    "groups": check_groups,
    "devices": check_nodes,
    "cuda": check_cuda,
    "tensorrt": check_tensorrt,
    "engines": check_engines,
    "model": check_model,
    "folders": check_folders,
    "disk": check_disk,
    **{name: check for kind in source_kinds() for name, check in kind.checks.items()},
    "hooks": check_hooks,
    "unit": check_unit,
}


def findings(who: Target) -> Iterator[Finding]:
    """All that is found, each as soon as it is. What goes wrong in one check does not keep the others from being made."""
    for name, check in CHECKS.items():
        try:
            yield from check(who)
        except Exception as error:  # noqa: BLE001 - a doctor is called when things are not as they should be
            yield Finding(name, "warning", f"could not be checked: {error!r}", "please report this")
