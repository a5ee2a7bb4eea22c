"""What a photo must cost at least on Orin boards, on paper: the network layer by layer, and every kernel around it.

    .venv/bin/python -m scripts.measure.roofline [--megapixels 12] [--json]

Each step takes the longer of two times: its operations at the board's peak, its bytes at the peak of the board's memory. No
board reaches either, and steps that follow each other at once may keep data in the cache: a floor, to judge a measured
time by, and not a forecast. Decoding and encoding happen on the CPU, beside other photos' GPU work, and are not in it.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import onnx

from matting.cuda.costs import COPIES, launches
from matting.model import default_model_dir, load_model

# Done within the convolution before them, in registers.
FUSED = {"Relu", "Clip", "Sigmoid", "Constant"}


@dataclass(frozen=True)
class Board:
    """cores: of CUDA; clock in Hz; bandwidth in bytes a second. From NVIDIA's data sheets of the modules, at the full
    power of JetPack 6.0 (the later "Super" modes of Nano and NX are up to 1.7 times as fast).

    Peaks follow from the architecture (Ampere, sm_87): a tensor core per 32 CUDA cores with 256 dense fp16 multiply-adds
    a clock, a CUDA core with one in fp32 or two in fp16, and one in double precision per 64 of them.
    """

    name: str
    cores: int
    clock: float
    bandwidth: float

    @property
    def peaks(self) -> dict[str, float]:
        """Operations a second by kind; a multiply-add is two."""
        single = 2 * self.cores * self.clock
        return {"tensor": single / 32 * 256, "half": 2 * single, "single": single, "double": single / 64}


BOARDS = (
    Board("Orin Nano 4 GB", 512, 625e6, 34e9),
    Board("Orin Nano 8 GB", 1024, 625e6, 68e9),
    Board("Orin NX 16 GB", 1024, 918e6, 102.4e9),
    Board("AGX Orin 64 GB", 2048, 1300e6, 204.8e9),
)


@dataclass(frozen=True)
class Step:
    """operations by kind (see `Board.peaks`); bytes over the memory bus."""

    part: str
    operations: dict[str, float]
    bytes: float

    def seconds(self, on: Board) -> float:
        """The floor."""
        return max([self.bytes / on.bandwidth, *(count / on.peaks[kind] for kind, count in self.operations.items())])


def network(path: Path) -> list[Step]:
    """The steps of an ONNX network in fp16."""
    graph = onnx.shape_inference.infer_shapes(onnx.load(str(path))).graph
    sizes = {value.name: shape(value) for value in [*graph.value_info, *graph.input, *graph.output]}
    sizes |= {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    return [layer(node, sizes) for node in graph.node if node.op_type not in FUSED]


def shape(value: onnx.ValueInfoProto) -> tuple[int, ...]:
    """Of a tensor; all are fixed."""
    return tuple(dimension.dim_value for dimension in value.type.tensor_type.shape.dim)


def layer(node: onnx.NodeProto, sizes: dict[str, tuple[int, ...]]) -> Step:
    """Reads and writes each of its tensors once. Only dense convolutions can use the tensor cores."""
    made = math.prod(sizes[node.output[0]])
    moved = 2.0 * (made + sum(math.prod(sizes[name]) for name in node.input if name in sizes))
    if node.op_type == "Conv":
        kernel = sizes[node.input[1]]
        groups = next((attribute.i for attribute in node.attribute if attribute.name == "group"), 1)
        count = 2.0 * made * math.prod(kernel[1:])
        kind, part = ("half", "depthwise convolutions") if groups > 1 else ("tensor", "convolutions")
        return Step(part, {kind: count}, moved)
    if node.op_type in ("Add", "Mul"):  # within the step that makes one of its inputs: only the other one is read
        return Step("sums and products", {"half": float(made)}, min(moved - 4.0 * made, 2.0 * made))
    return Step("resizing and reordering", {"half": 8.0 * made}, moved)


def around(height: int, width: int) -> list[Step]:
    """The kernels and copies of a photo of that size; copies read and write the one memory."""
    found = launches(height, width, load_model(default_model_dir()).input)
    return [
        Step(
            "copies" if each.name in COPIES else f"kernel {each.name}",
            {"single": each.operations, "double": each.doubles},
            each.read + each.written,
        )
        for each in found
    ]


def table(steps: list[Step]) -> list[dict[str, object]]:
    """A row for each part: operations (1e9), bytes (1e6), and milliseconds by board."""
    parts: dict[str, list[Step]] = defaultdict(list)
    for step in steps:
        parts[step.part].append(step)
    return [row(part, found) for part, found in parts.items()] + [row("all", steps)]


def row(part: str, steps: list[Step]) -> dict[str, object]:
    operations = sum(sum(step.operations.values()) for step in steps) / 1e9
    moved = sum(step.bytes for step in steps) / 1e6
    return {
        "part": part,
        "launches": len(steps),
        "giga_operations": round(operations, 3),
        "megabytes": round(moved, 2),
        "ms": {board.name: round(1e3 * sum(step.seconds(board) for step in steps), 3) for board in BOARDS},
    }


def markdown(rows: list[dict[str, object]]) -> str:
    """For the README."""
    heads = " | ".join(f"{board.name}, ms" for board in BOARDS)
    lines = [f"| Part | launches | 1e9 operations | MB | {heads} |", "|---" * 8 + "|"]
    for each in rows:
        ms = each["ms"]
        assert isinstance(ms, dict)
        floors = " | ".join(f"{value:.2f}" for value in ms.values())
        cost = f"{each['launches']} | {each['giga_operations']:.2f} | {each['megabytes']:.1f}"
        lines.append(f"| {each['part']} | {cost} | {floors} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megapixels", type=float, default=12, help="of the photo, 3:4 (12)")
    parser.add_argument("--onnx", type=Path, help="another network than ours")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    width = round(math.sqrt(options.megapixels * 1e6 * 3 / 4) / 4) * 4
    file = options.onnx or load_model(default_model_dir()).file("onnx")
    rows = table([*network(file), *around(width * 4 // 3, width)])
    print(json.dumps(rows, indent=1) if options.json else markdown(rows))


if __name__ == "__main__":
    main()
