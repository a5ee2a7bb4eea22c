"""Imports point downward only: edge -> matting, and within each from the later names of these lists to the earlier ones."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Bottom first; a name stands for the module, or for the package with all in it.
MATTING = [
    *("errors", "out_of_memory", "plugins", "photo", "model", "describe", "bands", "native"),
    *("tags", "exif", "colour_space", "headers", "jpeg_segments", "jpeg", "png", "camera_raw", "raw_jpeg", "tiff"),
    *("profiles", "raster", "heif_items", "heif", "avif_items", "avif", "decode"),
    *("network_input", "upsample", "engines", "steady", "temporal"),
    *("formats", "encode", "backgrounds", "framing", "foreground", "composite", "resample"),
    *("face", "id_photo", "avatar", "settings"),
    *("refine", "controls", "presets"),
    *("placement", "shadow", "canvas"),
    *("pixel_work", "by_face", "cpu_work", "pipeline", "cuda", "quality"),
]
EDGE = [
    *("fs", "config", "board", "ipc", "sandbox", "monitoring", "hooks", "engine"),
    *("delivery", "storage", "intake", "worker", "http", "camera", "service", "commands", "cli"),
]
ORDER = [*(f"matting.{name}" for name in MATTING), *(f"edge.{name}" for name in EDGE)]
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted([*ROOT.glob("matting/**/*.py"), *ROOT.glob("edge/**/*.py")])
}


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
            members = {f"{node.module}.{alias.name}" for alias in node.names}
            found = members & MODULES.keys()
            names |= found or {node.module}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name for name in names if name.split(".")[0] in ("edge", "matting")}


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_downward(module: str) -> None:
    if module in ("edge", "matting"):
        assert imported(MODULES[module]) == set()
        return
    for name in imported(MODULES[module]):
        assert floor(name) <= floor(module), f"{module} imports {name}, which stands above it"


def test_no_imports_go_round_in_a_circle() -> None:
    graph = {module: imported(path) - {module} for module, path in MODULES.items()}
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise AssertionError(" -> ".join(error.args[1])) from error


@pytest.mark.parametrize("package", [f"edge.{name}" for name in EDGE[:-1]])
def test_a_package_says_what_is_in_it(package: str) -> None:
    docstring = ast.get_docstring(ast.parse(MODULES[package].read_text()))
    assert docstring, f"{package} does not say what may be in it, and what may not"


def test_the_photos_way_on_the_cpu_engine_imports_no_torch() -> None:
    modules = "edge.commands.cut, edge.commands.run, edge.worker.main"
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules or 'tensorrt' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == 0


def test_a_configuration_with_its_choices_is_read_without_any_engines_library() -> None:
    libraries = "{'onnxruntime', 'torch', 'tensorrt'}"
    code = f"import sys, edge.config.load, edge.service.run; sys.exit(bool({libraries} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == 0


def test_whoever_serves_nothing_over_http_loads_no_asyncio() -> None:
    code = "import sys, edge.service.run, edge.camera.process; sys.exit('asyncio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == 0


def at_the_top(path: Path) -> set[str]:
    """The first names of all modules that are imported when the file is."""
    names: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
        elif isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
    return names


@pytest.mark.parametrize("module", MODULES)
def test_the_product_needs_neither_torch_nor_what_stays_in_the_checkout(module: str) -> None:
    """scripts (training among them) and tests are no part of the wheel."""
    assert at_the_top(MODULES[module]) & {"torch", "scripts", "tests"} == set()


def test_the_wheel_has_the_product_alone() -> None:
    assert '[tool.hatch.build.targets.wheel]\npackages = ["edge", "matting"]\n' in (ROOT / "pyproject.toml").read_text()
