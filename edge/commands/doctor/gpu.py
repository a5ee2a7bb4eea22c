"""The GPU: its groups and device nodes, CUDA, TensorRT, and the engines built for it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from edge.board.access import User, known_groups, may, owner
from edge.board.facts import memory
from edge.commands.doctor.child import answer
from edge.engine.kind import may_use_tensorrt
from edge.engine.prepare import in_store
from edge.engine.request import engine_request
from edge.engine.tensorrt.memory_advice import advice
from edge.engine.tensorrt.probe import probe
from edge.engine.tensorrt.store import EngineKey, Missing, StoredEngine
from edge.monitoring.finding import Finding
from edge.monitoring.target import Target
from matting.errors import EngineError, MattingError

# What CUDA opens, of an Orin under L4T 36 and 39 and of a PC.
_NODES = (
    "nvmap",
    "nvhost-*",
    "nvgpu/igpu0/*",
    "nvidia0",
    "nvidiactl",
    "nvidia-uvm",
    "host1x-fence",
    "nvsciipc",
    "dri/renderD*",
)
_GROUPS = ("video", "render")
_ASK_TENSORRT = "import json, tensorrt; print(json.dumps({'version': tensorrt.__version__}))"
_NO_GPU = "not needed without an NVIDIA GPU"
_BUILD = "edge-matting build"


def check_groups(who: Target) -> Iterator[Finding]:
    """Those that own the GPU's and the cameras' nodes."""
    lacking = [name for name in _GROUPS if name in known_groups(who.root) and name not in who.user.groups.values()]
    if not who.has_gpu and not list((who.root / "dev").glob("video*")):
        yield Finding("groups", "ok", "neither GPU nor camera needs one")
    elif lacking and who.user.number != 0:
        todo = f"sudo usermod -aG {','.join(lacking)} {who.user.name}, then {_begin_again(who.user)}"
        yield Finding("groups", "warning", f"{who.user.name} is not in {' and '.join(lacking)}", todo)
    else:
        yield Finding("groups", "ok", f"{who.user.name} is " + ("root" if who.user.number == 0 else "in video and render"))


def check_nodes(who: Target) -> Iterator[Finding]:
    """Whether the user may open what CUDA opens."""
    devices = who.root / "dev"
    nodes = sorted({node for pattern in _NODES for node in devices.glob(pattern)})
    blocked = [node for node in nodes if not may(who.user, node, os.R_OK | os.W_OK)]
    names = ", ".join(str(node.relative_to(devices)) for node in blocked or nodes)
    if not who.has_gpu and who.board.unified:
        todo = "boot JetPack's own kernel, or install it again: sudo apt install --reinstall nvidia-l4t-core"
        yield Finding("devices", "warning", "this Jetson's GPU has no device nodes: its driver is not loaded", todo)
    elif not who.has_gpu:
        yield Finding("devices", "ok", "no NVIDIA GPU: photos are cut on the CPU")
    elif blocked:
        yield Finding(
            "devices",
            "warning",
            f"{who.user.name} may not open {names} ({owner(who.root, blocked[0])})",
            f"see that they belong to the groups video and render, with {who.user.name} in both",
        )
    else:
        yield Finding("devices", "ok", names)


def check_cuda(who: Target) -> Iterator[Finding]:
    """By launching a kernel: whatever says that a GPU is there does not know whether it works."""
    if not who.has_gpu:
        yield Finding("cuda", "ok", _NO_GPU)
        return
    kept = engine_request(who.config, who.budget).folder / "kernels"
    found = answer([sys.executable, "-m", "edge.commands.doctor.kernel", str(kept)])
    if isinstance(found, str):
        yield Finding("cuda", "warning", f"the process that launched a kernel {found}", "sudo dmesg | tail; restart the board")
    elif "failed" in found:
        said, _, todo = found["failed"].partition(": ")
        yield Finding("cuda", "warning", said, todo)
    elif not found["equal"]:
        yield Finding("cuda", "warning", f"{found['gpu']} computes wrongly", "restart the board; then flash JetPack again")
    else:
        yield Finding(
            "cuda", "ok", f"{found['gpu']}, compute {found['capability']}, CUDA {found['cuda']}: a kernel ran, rightly"
        )


def check_tensorrt(who: Target) -> Iterator[Finding]:
    """In this Python, which the service runs in; or in the system's, where JetPack puts it."""
    if not who.has_gpu:
        yield Finding("tensorrt", "ok", _NO_GPU)
        return
    ours = answer([sys.executable, "-c", _ASK_TENSORRT])
    if not isinstance(ours, str):
        yield Finding("tensorrt", "ok", f"TensorRT {ours['version']} in {sys.executable}")
        return
    system = who.root / "usr/bin/python3"
    theirs = answer([str(system), "-I", "-c", _ASK_TENSORRT])
    if isinstance(theirs, str):
        todo = "sudo apt install python3-libnvinfer"
        broken = "" if "No module named" in ours else f": here it {ours}"
        yield Finding("tensorrt", "warning", f"neither {sys.executable} nor {system} has TensorRT{broken}", todo)
        return
    said = f"TensorRT {theirs['version']} is in {system}, but {sys.executable} does not have it"
    todo = "make the virtual environment anew with --system-site-packages, from that Python (scripts/install does)"
    yield Finding("tensorrt", "warning", said, todo)


def check_engines(who: Target) -> Iterator[Finding]:
    """Whether there are some, whole, for this GPU, TensorRT, model and budget."""
    if not who.has_gpu or not may_use_tensorrt(who.config.engine):
        reason = _NO_GPU if not who.has_gpu else f'not used: engine.kind is "{who.config.engine}"'
        yield Finding("engines", "ok", reason)
        return
    request = engine_request(who.config, who.budget)
    try:
        engines = in_store(request, probe())
    except MattingError as error:
        plans = len(list(request.folder.glob("*/engine.plan")))
        found = f"{plans} in {request.folder}, which cannot be checked" if plans else f"none in {request.folder}"
        instead = "first mend what stands above" if isinstance(error, EngineError) else str(error)
        yield Finding("engines", "warning", found, instead)
        return
    for key, engine in engines:
        yield _engine(who, key, engine)


def _engine(who: Target, key: EngineKey, engine: StoredEngine | Missing) -> Finding:
    what = f"{key.plan.precision}, batch {key.plan.batch}"
    if isinstance(engine, StoredEngine):
        said = f"{what}: whole, for {key.gpu.name} and TensorRT {key.gpu.tensorrt}, {engine.psnr:.0f} dB from the CPU's alpha"
        return Finding("engines", "ok", said)
    ram = memory(who.root)
    short = advice(key.plan, ram.available, ram.swap)
    return Finding("engines", "warning", f"{what}: {engine.reason}", f"{_BUILD} ({short})" if short else _BUILD)


def _begin_again(user: User) -> str:
    return "log in again" if user.ourselves else "sudo systemctl restart edge-matting"
