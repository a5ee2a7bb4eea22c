"""Claim: on the GPU every kernel gives what its NumPy reference gives, on real photos and with its real inputs."""

from __future__ import annotations

from matting.cuda.batch import Task
from matting.cuda.gpu_thread import GpuThread
from matting.photo import Controls
from scripts.prove.gpu.setup import Bench, Section, photo
from tests.matting.cuda.pair import SIGNATURES, Pair


def prove(bench: Bench) -> Section:
    """Each launch of several photos beside its reference."""
    section = Section("Kernels against NumPy")
    pairs: list[Pair] = []

    def open_pair() -> Pair:
        pairs.append(Pair(bench.open_device()))
        return pairs[0]

    gpu_thread = GpuThread(bench.model, open_pair, bench.open_network)
    try:
        for number, (height, width) in enumerate(bench.sizes.compared):
            task = Task(photo(height, width, number), Controls(10, 2, 1.5), 0.05, None, None, lambda stage: None)
            try:
                gpu_thread.submit(task).result()
            except AssertionError as error:
                section.wrong.append(f"{width}x{height}: {error}")
    finally:
        gpu_thread.close()
    sizes = ", ".join(f"{width}x{height}" for height, width in bench.sizes.compared)
    section.lines += [
        f"Photos of {sizes}.",
        "",
        "| Kernel | Largest difference | Share of values that differ |",
        "|---|---|---|",
    ]
    for kernel in SIGNATURES:
        worst, share = pairs[0].worst.get(kernel, (0.0, 0.0))
        ran = kernel in pairs[0].ran
        section.lines.append(f"| {kernel} | {worst:.3g} | {share:.2e} |" if ran else f"| {kernel} | not launched | |")
    return section
