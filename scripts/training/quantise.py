"""Make models/portrait's int8 form anew, and print the card's rows: how near it and fp16 come to fp32 on unseen photos.

.venv/bin/python -m scripts.training.quantise --data DIR --work DIR
"""

from __future__ import annotations

import argparse
from pathlib import Path

from scripts.training.data import prepare
from scripts.training.steps import int8

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="as for scripts.training.train")
    parser.add_argument("--work", type=Path, required=True, help="as for scripts.training.train")
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "portrait", help="the model folder")
    options = parser.parse_args()
    entries = prepare.prepare(options.data, options.work)
    for form in int8.forms(options.model, options.work / "cache", entries):
        print(form.row)


if __name__ == "__main__":
    main()
