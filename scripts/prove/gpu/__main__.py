"""Proves and measures the work on the GPU, on a machine that has one; writes a table in Markdown, with card and date.

    .venv/bin/python -m scripts.prove.gpu [--out gpu.md] [--photos 2000]

Kernels and cut-outs against the CPU, time and memory by stage and by kernel, a batch of 4 against 1, thousands of photos
with flat memory, and TensorRT where it is installed. Needs the test installation, pycuda and NVIDIA's driver; PyTorch with
CUDA runs the network, else the CPU does. The report is written anew after every part: one that fails, or takes the process
along, leaves what was found before. Exit code 0: all claims hold; 1: one does not; 24: no GPU that can be used.

`--rehearse` runs every line on a machine without a GPU, with the kernels as plain C++. It shows that the script works.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import traceback
from collections.abc import Callable
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from edge.fs.files import write_atomic
from matting.errors import MattingError
from scripts.prove.gpu import batches, cutouts, kernels, soak, tensorrt, times
from scripts.prove.gpu.setup import Bench, Section, on_the_gpu, rehearsed

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ("numpy", "opencv-python-headless", "onnxruntime", "pycuda", "torch")


def main() -> int:
    arguments = parsed()
    threads = len(os.sched_getaffinity(0))
    try:
        bench = rehearsed(threads) if arguments.rehearse else on_the_gpu(arguments.kernels, threads)
    except MattingError as error:
        print(f"nothing was proved: {error}", file=sys.stderr)
        return error.exit_code
    sections: list[Section] = []
    for name, part in parts(bench, arguments).items():
        sections += done(name, part)
        write_atomic(arguments.out, written(bench, sections).encode())
    wrong = [sentence for section in sections for sentence in section.wrong]
    print(f"{arguments.out}: " + ("all claims hold" if not wrong else "; ".join(wrong)), file=sys.stderr)
    return 1 if wrong else 0


def parts(bench: Bench, arguments: argparse.Namespace) -> dict[str, Callable[[], list[Section]]]:
    """By name, in the order that serves best where the time on a card is short."""
    return {
        "Kernels": lambda: [kernels.prove(bench)],
        "Cut-outs": lambda: [cutouts.prove(bench)],
        "Times": lambda: times.measure(bench, arguments.runs),
        "Batches": lambda: [batches.measure(bench, arguments.runs)],
        "TensorRT": lambda: [tensorrt.prove(bench)],
        "The long run": lambda: [soak.prove(bench, arguments.photos, tell)],
    }


def done(name: str, part: Callable[[], list[Section]]) -> list[Section]:
    """What the part found; where it fails, that it did."""
    try:
        sections = part()
    except Exception as error:  # noqa: BLE001 - the next part may well work, and the card is borrowed
        sections = [Section(name, [f"```\n{traceback.format_exc().strip()}\n```"], [f"{name} failed: {error!r}"])]
    for section in sections:
        tell(f"{section.title}: {'; '.join(section.wrong) or 'done'}")
    return sections


def tell(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def written(bench: Bench, sections: list[Section]) -> str:
    lines = [
        f"# The work on the GPU: {bench.where}",
        "",
        f"{datetime.now().astimezone().isoformat(timespec='minutes')}, {machine()}.",
        "",
    ]
    lines += [f"Command: `{' '.join(['python -m scripts.prove.gpu', *sys.argv[1:]])}`, revision {revision()}."]
    for section in sections:
        holds = f"**Not as it must be: {'; '.join(section.wrong)}.**" if section.wrong else ""
        lines += ["", f"## {section.title}", "", *([holds, ""] if holds else []), *section.lines]
    return "\n".join(lines) + "\n"


def machine() -> str:
    versions = [f"{name} {found}" for name in PACKAGES if (found := installed(name))]
    return (
        f"{platform.system()} {platform.machine()}, {len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}, "
        + ", ".join(versions)
    )


def installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def revision() -> str:
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("gpu.md"), help="the report (gpu.md)")
    parser.add_argument("--photos", type=int, default=2000, help="of the long run (2000)")
    parser.add_argument("--runs", type=int, default=20, help="of every measurement (20)")
    parser.add_argument(
        "--kernels", type=Path, default=Path.home() / ".cache/edge-matting/kernels", help="where compiled kernels are kept"
    )
    parser.add_argument("--rehearse", action="store_true", help="without a GPU; proves nothing of one")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
