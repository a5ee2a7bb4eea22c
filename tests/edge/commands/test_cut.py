"""`edge-matting cut` as people call it."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.edge.hot import portrait


def cut(*arguments: str | Path, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "edge.cli", "cut", *map(str, arguments)]
    environment = {**os.environ, **({"HOME": str(home), "XDG_CACHE_HOME": ""} if home else {})}
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.jpg").write_bytes(portrait())
    (folder / "a.webp").write_bytes(portrait(kind="WEBP"))
    (folder / "sub" / "b.png").write_bytes(portrait(kind="PNG"))
    return folder


def test_a_folder_comes_out_with_its_structure_and_masks(photos: Path, tmp_path: Path) -> None:
    result = cut(photos, "--out", tmp_path / "out", "--mask")
    assert result.returncode == 0, result.stderr
    names = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.*")}
    assert names == {"a.png", "a.alpha.png", "a-2.png", "a-2.alpha.png", "sub/b.png", "sub/b.alpha.png"}
    with Image.open(tmp_path / "out" / "a.png") as picture, Image.open(tmp_path / "out" / "a.alpha.png") as mask:
        assert mask.mode == "L" and mask.size == picture.size == (320, 320)
        np.testing.assert_array_equal(np.asarray(picture)[..., 3], np.asarray(mask))


@pytest.mark.parametrize(
    ("arguments", "suffix", "corner"),
    [
        (["--background", "#0A64FF", "--format", "tiff"], ".tif", (10, 100, 255)),
        (["--background", "Navy", "--format", "JPG"], ".jpg", (0, 0, 128)),
        (["--preset", "id-photo"], ".jpg", (255, 255, 255)),
        (["--preset", "id-photo", "--background", "#000", "--format", "png"], ".png", (0, 0, 0)),
    ],
)
def test_backgrounds_and_presets(tmp_path: Path, arguments: list[str], suffix: str, corner: tuple[int, ...]) -> None:
    (tmp_path / "a.jpg").write_bytes(portrait())
    assert cut(tmp_path / "a.jpg", "--out", tmp_path / "out", *arguments).returncode == 0
    with Image.open(tmp_path / "out" / f"a{suffix}") as picture:
        assert picture.mode == "RGB"
        assert np.abs(np.asarray(picture, int)[4, 315] - corner).max() <= 2


def test_a_picture_behind_the_person(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(portrait())
    Image.new("RGB", (50, 20), (200, 30, 60)).save(tmp_path / "beach.png")
    assert cut(tmp_path / "a.jpg", "--out", tmp_path / "out", "--background", tmp_path / "beach.png").returncode == 0
    with Image.open(tmp_path / "out" / "a.png") as picture:
        assert picture.getpixel((315, 4)) == (200, 30, 60)


def test_crop_leaves_the_margin_asked_for(tmp_path: Path) -> None:
    with Image.open(io.BytesIO(portrait())) as photo:
        wide = Image.new("RGB", (960, 320), (120, 130, 140))
        wide.paste(photo, (0, 0))
    wide.save(tmp_path / "a.jpg")
    assert cut(tmp_path / "a.jpg", "--out", tmp_path / "out", "--crop", "0.02").returncode == 0
    with Image.open(tmp_path / "out" / "a.png") as picture:
        assert picture.width < 480 and picture.height > 300


def test_exit_codes_and_one_line_for_each_failed_photo(tmp_path: Path) -> None:
    (tmp_path / "good.jpg").write_bytes(portrait())
    (tmp_path / "empty.jpg").touch()
    os.mkfifo(tmp_path / "fifo.jpg")
    out = tmp_path / "out"
    for names, code in (
        (["empty.jpg"], 11),
        (["fifo.jpg"], 14),
        (["missing.jpg"], 11),
        (["good.jpg", "empty.jpg", "fifo.jpg"], 10),
    ):
        result = cut(*(tmp_path / name for name in names), "--out", out)
        assert result.returncode == code, result.stderr
        lines = [line for line in result.stderr.splitlines() if "photos: " not in line]
        assert len(lines) == len([name for name in names if name != "good.jpg"])
        assert "inbox" not in result.stderr and "service" not in result.stderr
    assert [path.name for path in out.iterdir()] == ["good.png"]


def test_a_link_that_is_named_is_followed_and_one_in_a_folder_is_not(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "guest.jpg").symlink_to(photos / "a.jpg")
    (tmp_path / "lost.jpg").symlink_to("nowhere.jpg")
    (tmp_path / "round.jpg").symlink_to("round.jpg")
    assert cut(tmp_path / "guest.jpg", "--out", tmp_path / "out").returncode == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["guest.png"]
    assert cut(tmp_path / "lost.jpg", "--out", tmp_path / "out").returncode == 11
    assert cut(tmp_path / "round.jpg", "--out", tmp_path / "out").returncode == 14
    (photos / "sub" / "link.jpg").symlink_to("../a.jpg")
    result = cut(photos / "sub", "--out", tmp_path / "other")
    assert result.returncode == 14
    assert "link.jpg: not a plain file but a symbolic link, and links inside folders are not followed" in result.stderr
    assert "name the photo itself" in result.stderr and "inbox" not in result.stderr


@pytest.mark.parametrize("out", ["cut", "sub/../cut", "link"])
def test_a_second_run_does_not_cut_the_cut_outs_of_the_first(photos: Path, out: str) -> None:
    (photos / "cut").mkdir()
    (photos / "link").symlink_to("cut")
    command = [sys.executable, "-m", "edge.cli", "cut", ".", "--out", out]
    said = []
    for _ in range(2):
        result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=photos)
        assert result.returncode == 0, result.stderr
        said.append(result.stderr)
        names = {str(path.relative_to(photos / "cut")) for path in (photos / "cut").rglob("*.*")}
        assert names == {"a.png", "a-2.png", "sub/b.png"}
    assert "left out" not in said[0]
    assert said[1].count(f"what lay in {out}/ already was left out") == 1


def test_it_says_how_many_of_how_many_and_what_became_of_them(photos: Path, tmp_path: Path) -> None:
    (photos / "broken.jpg").write_bytes(b"no picture")
    Image.new("RGB", (200, 200), (120, 130, 140)).save(photos / "wall.png")
    out = tmp_path / "out"
    result = cut(photos, "--out", out)
    assert result.returncode == 10
    lines = [*result.stdout.splitlines(), *result.stderr.splitlines()[:-1]]
    assert {line.rpartition("  ")[2] for line in lines} == {f"({number}/5)" for number in range(1, 6)}
    assert result.stderr.splitlines()[-1] == f"5 photos: 3 cut, 1 failed, 1 without a person; in {out}/"
    alone = cut(photos / "a.jpg", "--out", out)
    assert alone.stderr == "" and "(1/1)" not in alone.stdout


def test_ctrl_c_finishes_what_is_in_hand_and_tells_of_the_rest(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for number in range(40):
        (tmp_path / "photos" / f"{number:02d}.jpg").write_bytes(portrait(900))
    # Whoever starts the tests in the background of a shell has them ignore SIGINT, and all that they start.
    command = ["env", "--default-signal=INT", sys.executable, "-u", "-m", "edge.cli", "cut", str(tmp_path / "photos")]
    command += ["--out", str(tmp_path / "out")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as running:
        assert running.stdout is not None
        running.stdout.readline()
        os.killpg(running.pid, signal.SIGINT)
        stdout, stderr = running.communicate(timeout=60)
    made = 1 + len(stdout.splitlines())
    assert running.returncode == 130 and "Traceback" not in stderr
    assert 1 <= made < 40
    assert stderr.splitlines()[-1] == f"cancelled: {made} of 40 cut, {40 - made} not begun; in {tmp_path / 'out'}/"
    files = sorted((tmp_path / "out").iterdir())
    assert [path.name for path in files] == [f"{path.stem}.png" for path in files] and len(files) == made
    for path in files:
        with Image.open(path) as picture:
            picture.load()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--erode", "9"], 2, "0"),
        (["--crop", "5"], 2, "0.05 is 5 % of the person's larger side"),
        (["--crop", "much"], 2, "much is no margin from 0 to 1"),
        (["--background", "#12"], 2, "#RRGGBB"),
        (["--background", "nowhere.jpg"], 2, "nowhere.jpg"),
        (["--background", "./white"], 2, "No such file"),
        (["--format", "gif"], 2, "jpeg"),
        (["--engine", "tensorrt"], 21, "--engine cpu"),
        (["--model", "/nowhere"], 20, "model.toml"),
        (["--preset", "passport"], 2, "id-photo"),
    ],
)
def test_wrong_arguments_are_a_sentence(tmp_path: Path, arguments: list[str], code: int, words: str) -> None:
    (tmp_path / "a.jpg").write_bytes(portrait())
    result = cut(tmp_path / "a.jpg", "--out", tmp_path / "out", *arguments)
    assert result.returncode == code and words in result.stderr and "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()


def test_no_photo_is_replaced_by_a_cut_out(tmp_path: Path) -> None:
    """In the photos' own folder a cut-out takes a number where its name is taken; so it does where a photo of the run lies."""
    folder, other = tmp_path / "photos", tmp_path / "other"
    folder.mkdir()
    other.mkdir()
    photos = {folder / "a.jpg": "JPEG", folder / "a.png": "PNG", folder / "guest.jpg": "JPEG", other / "guest.bmp": "BMP"}
    for path, kind in photos.items():
        path.write_bytes(portrait(kind=kind))
    before = {path: path.read_bytes() for path in photos}
    white = ["--background", "#FFFFFF", "--format", "jpeg"]
    assert cut(folder, "--out", folder, *white).returncode == 0
    assert cut(folder / "a.jpg", "--out", folder, "--mask").returncode == 0
    assert cut(folder / "guest.jpg", other, "--out", other, "--format", "png").returncode == 0
    assert cut(other / "guest.bmp", folder / "guest.jpg", "--out", folder, *white).returncode == 0
    assert before == {path: path.read_bytes() for path in photos}
    assert {"a-2.jpg", "guest-2.jpg", "a-2.png", "a-2.alpha.png"} <= {path.name for path in folder.iterdir()}
    assert {path.name for path in other.iterdir()} == {"guest.bmp", "guest.png", "guest-2.png"}


def test_a_second_run_replaces_the_cut_outs_of_the_first(photos: Path, tmp_path: Path) -> None:
    for _ in range(2):
        assert cut(photos / "a.jpg", "--out", tmp_path / "out").returncode == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.png"]


def test_a_folder_without_photos_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = cut(tmp_path / "empty", "--out", tmp_path / "out")
    assert result.returncode == 0 and "no photos found" in result.stderr


def test_an_output_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(portrait())
    (tmp_path / "out").write_text("a file where the folder should be")
    result = cut(tmp_path / "a.jpg", "--out", tmp_path / "out")
    assert result.returncode == 30 and "cannot be written" in result.stderr


def test_libraries_leave_nothing_in_the_users_home(tmp_path: Path) -> None:
    """The inference library's reporter keeps a device id and a queue of events there when it is on."""
    (tmp_path / "home").mkdir()
    (tmp_path / "a.jpg").write_bytes(portrait())
    assert cut(tmp_path / "a.jpg", "--out", tmp_path / "out", home=tmp_path / "home").returncode == 0
    assert list((tmp_path / "home").rglob("*")) == []


def test_a_grey_photo_has_a_clean_edge(tmp_path: Path) -> None:
    """Three equal colours make the guided filter's equations singular; in single precision the edge came out inverted."""
    with Image.open(io.BytesIO(portrait(900))) as photo:
        photo.convert("L").save(tmp_path / "a.png")
    assert cut(tmp_path / "a.png", "--out", tmp_path / "out", "--mask").returncode == 0
    with Image.open(tmp_path / "out" / "a.alpha.png") as mask:
        alpha = np.asarray(mask).astype(int)
    inside = alpha[300:600, 250:350]
    assert inside.mean() > 240
    # A row across the shoulder rises to the person and falls again; the fault made it flicker between 0 and 255.
    jumps = np.abs(np.diff(alpha, axis=1)) > 200
    assert jumps.sum(axis=1).max() <= 4
