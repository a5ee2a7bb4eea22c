from __future__ import annotations

from pathlib import Path

import pytest

from matting.errors import ModelError
from matting.model import default_model_dir, load_model

OURS = (default_model_dir() / "model.toml").read_bytes()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"portrait"', b'"\xff"'),
        (b"height = 512", b"height = inf"),
        (b"height = 512", b"height = 0"),
        (b"std = [127.5", b"std = [0.0"),
        (b"mean = [127.5", b"mean = [nan"),
        (b"[files.int8]", b"[files]\nint8 = 1\n[more]"),
        (b"bytes = ", b"bytes = " + b"9" * 5000),
    ],
)
def test_a_wrong_description_is_a_model_error(tmp_path: Path, old: bytes, new: bytes) -> None:
    assert old in OURS
    (tmp_path / "model.toml").write_bytes(OURS.replace(old, new, 1))
    with pytest.raises(ModelError, match="not a valid model description"):
        load_model(tmp_path)


def test_a_file_name_that_no_disk_holds_is_a_missing_file(tmp_path: Path) -> None:
    (tmp_path / "model.toml").write_bytes(OURS.replace(b"portrait.onnx", b"x" * 300, 1))
    with pytest.raises(ModelError, match="missing"):
        load_model(tmp_path).file("onnx")
