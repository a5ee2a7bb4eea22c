"""Give photos of people the teacher's mattes, for training: those in DATA/photos/SOURCE that have none in DATA/mattes/SOURCE.

    .venv/bin/python -m scripts.training.fetch_photos scripts/training/people_photos.tsv DATA/photos/packages
    .venv/bin/python -m scripts.training.teach --data DATA --teacher modnet.onnx packages

Look at them before training: a bad matte teaches its fault. Delete it, and the photo takes no part.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from tqdm import tqdm

from scripts.training.data import prepare

SHORT_SIDE = 512


def sides(height: int, width: int) -> tuple[int, int]:
    """What the teacher sees: the shorter side 512, the longer a multiple of 32."""
    scale = SHORT_SIDE / min(height, width)
    return round(height * scale / 32) * 32, round(width * scale / 32) * 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", help="folder in DATA/photos")
    parser.add_argument("--data", type=Path, required=True, help="as for scripts.training.train")
    parser.add_argument("--teacher", type=Path, required=True, help="modnet.onnx")
    options = parser.parse_args()
    session = onnxruntime.InferenceSession(str(options.teacher), providers=["CPUExecutionProvider"])
    photos, mattes = options.data / "photos" / options.source, options.data / "mattes" / options.source
    mattes.mkdir(parents=True, exist_ok=True)
    missing = [photo for photo in sorted(photos.iterdir()) if not (mattes / f"{photo.stem}.png").exists()]
    for path in tqdm(missing, "mattes"):
        try:
            picture = prepare.read_photo(path)
        except ValueError as error:
            parser.error(str(error))
        height, width = sides(*picture.shape[:2])
        how = cv2.INTER_AREA if min(picture.shape[:2]) > SHORT_SIDE else cv2.INTER_LINEAR
        photo = np.asarray(cv2.resize(picture, (width, height), interpolation=how), np.uint8)
        alpha = session.run(None, {"input": prepare.network_input(photo)})[0][0, 0]
        alpha = cv2.resize(alpha, picture.shape[1::-1], interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(mattes / f"{path.stem}.png"), (alpha.clip(0, 1) * 255).round().astype(np.uint8))
    print(f"{len(missing)} new mattes in {mattes}")


if __name__ == "__main__":
    main()
