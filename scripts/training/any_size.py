"""Write our network for software that was made for MODNet: the same ONNX, which takes any height and width.

    .venv/bin/python -m scripts.training.any_size FILE.onnx

The contract is MODNet's: RGB / 127.5 - 1 as 1 x 3 x height x width `input`, sides multiples of 32 and the shorter one near
512, alpha as 1 x 1 x height x width `output`. The appliance itself uses the fixed 512x512 of models/portrait. Needs the onnx
package.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import onnx

PORTRAIT = Path(__file__).resolve().parents[2] / "models" / "portrait" / "portrait.onnx"


def free_sides(model: onnx.ModelProto) -> onnx.ModelProto:
    """Nothing in the network depends on its size: what fixes it are the declared shapes alone."""
    for tensor in (*model.graph.input, *model.graph.output):
        height, width = tensor.type.tensor_type.shape.dim[2:]
        height.dim_param, width.dim_param = "height", "width"
    del model.graph.value_info[:]
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    file: Path = parser.parse_args().file
    onnx.save(free_sides(onnx.load(str(PORTRAIT))), str(file))
    print(f"{file}: {file.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
