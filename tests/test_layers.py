"""Imports point downward only: edge -> matting, and within each from the later files of this list to the earlier ones."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Bottom first; a name stands for the module, or for the package with all in it.
ORDER = [
    *("matting.errors", "matting.photo", "matting.model", "matting.describe"),
    *("matting.tags", "matting.headers", "matting.jpeg", "matting.png", "matting.profiles", "matting.raster", "matting.heif"),
    *("matting.decode", "matting.encode", "matting.network_input", "matting.upsample", "matting.engines"),
    *("matting.steady", "matting.temporal"),
    *("matting.refine", "matting.controls", "matting.presets", "matting.foreground", "matting.composite", "matting.pipeline"),
    *("matting.cuda.device", "matting.cuda.compiler", "matting.cuda.memory", "matting.cuda.footprint"),
    *("matting.cuda.steps", "matting.cuda.costs"),
    *("matting.cuda.batch", "matting.cuda.lane", "matting.cuda.work", "matting.cuda.siblings.flat", "matting.cuda.siblings"),
    *("matting.cuda", "matting.cutters"),
    *("matting.quality", "matting.network", "matting.training"),
    *(
        "edge.files",
        "edge.names",
        "edge.options",
        "edge.settings",
        "edge.space",
        "edge.retention",
        "edge.camera.source",
        "edge.camera.options",
        "edge.config_keys",
        "edge.config",
        "edge.board",
        "edge.sensors",
        "edge.heat",
        "edge.budget",
        "edge.unit_limits",
        "edge.stability",
        "edge.retry",
        "edge.starts",
        "edge.notify",
        "edge.resident",
        "edge.journald",
        "edge.photo_log",
        "edge.status",
        "edge.metrics",
        "edge.textfile",
        "edge.health_server",
    ),
    *(
        "edge.tensorrt.plan",
        "edge.tensorrt.progress",
        "edge.tensorrt.onnx_batch",
        "edge.tensorrt.builder",
        "edge.tensorrt.store",
        "edge.tensorrt.prepared",
        "edge.tensorrt.preflight",
        "edge.tensorrt.rungs",
    ),
    *(
        "edge.lifeline",
        "edge.sandbox.calls",
        "edge.sandbox.seccomp",
        "edge.sandbox.landlock",
        "edge.sandbox",
        "edge.channel",
        "edge.tensorrt.probe",
        "edge.tensorrt.child",
        "edge.tensorrt.build_process",
    ),
    *(
        "edge.tensorrt.trial",
        "edge.first_boot",
        "edge.preparation",
        "edge.wish",
        "edge.cpu_form",
        "edge.engines",
        "edge.engine_room",
        "edge.tally",
        "edge.reporter",
    ),
    *(
        "edge.delivery",
        "edge.journal",
        "edge.outbox",
        "edge.outlet",
        "edge.finished_files",
        "edge.pruner",
        "edge.housekeeping",
        "edge.inputs",
        "edge.watch",
        "edge.hotfolder",
    ),
    *("edge.camera.gdp", "edge.camera.frame", "edge.camera.newest", "edge.camera.recovery", "edge.camera.causes"),
    *("edge.camera.elements", "edge.camera.launch", "edge.camera.pipeline_process", "edge.camera.feed"),
    *("edge.camera.shutter", "edge.camera.interval", "edge.camera.photo_file", "edge.camera.control", "edge.camera.trigger"),
    *("edge.camera.devices", "edge.camera.button"),
    *("edge.camera.viewer", "edge.camera.live", "edge.camera.mjpeg", "edge.camera.outlet"),
    *("edge.camera.setup", "edge.camera.show", "edge.camera.process", "edge.camera.keeper", "edge.camera"),
    *("edge.worker", "edge.worker_process", "edge.crew", "edge.job", "edge.endings", "edge.supervisor", "edge.service"),
    *("edge.snap", "edge.liveness", "edge.show_status", "edge.cut", "edge.build", "edge.adopt"),
    *("edge.quality_report", "edge.evaluate", "edge.bench", "edge.cli"),
    *("edge.doctor.finding", "edge.doctor.access", "edge.doctor.patient", "edge.doctor.child", "edge.doctor.kernel"),
    *("edge.doctor.machine", "edge.doctor.gpu", "edge.doctor.service", "edge.doctor.camera", "edge.doctor.checks"),
    *("edge.doctor.show", "edge.doctor.command", "edge.doctor"),
    *("edge.snap", "edge.cut", "edge.build", "edge.adopt", "edge.quality_report", "edge.evaluate", "edge.bench", "edge.cli"),
]
MODULES = sorted([*ROOT.glob("matting/**/*.py"), *ROOT.glob("edge/**/*.py")])


def floor(module: str) -> int:
    for index, name in enumerate(ORDER):
        if module == name or module.startswith(name + "."):
            return index
    raise AssertionError(f"{module} is not in the list: say where it stands")


def imported(path: Path) -> set[str]:
    """Our own modules that the file imports, within functions too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= (
                {f"{node.module}.{alias.name}" for alias in node.names}
                if node.module in ("edge", "matting")
                else {node.module}
            )
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name for name in names if name.split(".")[0] in ("edge", "matting")}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_downward(path: Path) -> None:
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    if module in ("edge", "matting"):
        assert imported(path) == set()
        return
    for name in imported(path):
        package = ORDER[floor(module)]
        assert floor(name) < floor(module) or name.startswith(package), f"{module} imports {name}, which stands above it"


def test_the_photos_way_on_the_cpu_engine_imports_no_torch() -> None:
    code = "import sys, edge.cut, edge.service, edge.worker; sys.exit('torch' in sys.modules or 'tensorrt' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == 0
