"""The hot folder through its public door: files in, files out, a real service in between."""

from __future__ import annotations

import io
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edge.fs.temporary import temporaries
from edge.monitoring.status import read_status
from edge.service.starts import MANY
from matting.errors import OutputError
from tests.edge.hot import Hot, portrait, wait_for
from tests.matting import hostile

pytestmark = pytest.mark.slow


def alpha_of(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        assert image.mode == "RGBA"
        return np.asarray(image)[..., 3]


def test_a_photo_comes_out_cut_and_its_original_is_done(hot: Hot) -> None:
    hot.drop("guest.jpg", portrait())
    result = hot.once()
    assert result.returncode == 0, result.stderr
    assert hot.files("inbox", "failed", "no_person") == set()
    assert (hot.done / "guest.jpg").read_bytes() == portrait()
    alpha = alpha_of(hot.outbox / "guest.png")
    assert alpha.shape == (320, 320)
    assert alpha[300, 130] > 240, "the astronaut's suit"
    assert alpha[10, 300] < 15, "the corner behind her"


def test_nested_folders_and_equal_stems(hot: Hot) -> None:
    hot.drop("wedding/table 1/a.jpg", portrait())
    hot.drop("wedding/table 1/a.webp", portrait(kind="WEBP"))
    hot.drop("a.jpg", portrait())
    for name in ("a.jpg.part", ".hidden.jpg", "Thumbs.db", "@eaDir/a.jpg", ".Trash/a.jpg"):
        hot.drop(name, portrait())
    assert hot.once().returncode == 0
    assert hot.files("outbox") == {"a.png", "wedding/table 1/a.png", "wedding/table 1/a-2.png"}
    assert hot.files("done") == {"a.jpg", "wedding/table 1/a.jpg", "wedding/table 1/a.webp"}
    assert len(hot.files("inbox")) == 5


def test_a_second_photo_of_the_same_name_overwrites_nothing(hot: Hot) -> None:
    for size in (320, 256):
        hot.drop("capture.jpg", portrait(size))
        assert hot.once().returncode == 0
    sizes = {path.name: alpha_of(path).shape[0] for path in hot.outbox.iterdir()}
    assert sizes == {"capture.png": 320, "capture-2.png": 256}
    assert hot.files("done") == {"capture.jpg", "capture-2.jpg"}


def test_every_bad_input_gets_a_place_and_a_sentence(hot: Hot) -> None:
    hostile.write_all(hot.inbox)
    names = hot.files("inbox")
    (hot.inbox / "outside.jpg").symlink_to("/etc/hostname")
    os.mkfifo(hot.inbox / "pipe.jpg")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(hot.inbox / "socket.jpg"))
    (hot.inbox / "folder.jpg").mkdir()
    hot.drop("folder.jpg/inside.jpg", portrait())
    hot.drop("line\nbreak.jpg", portrait())
    hot.drop(b"invalid-\xff.jpg", portrait())
    hot.drop("x" * 251 + ".jpg", portrait())
    result = hot.once()
    listener.close()
    assert result.returncode == 0, result.stderr
    assert hot.files("inbox") == set()
    ended = hot.files("done", "failed", "no_person")
    originals = {name for name in ended if not name.endswith(".json")}
    odd = {"outside.jpg", "pipe.jpg", "socket.jpg", "folder.jpg/inside.jpg", "line\nbreak.jpg", "x" * 251 + ".jpg"}
    assert originals == names | odd | {os.fsdecode(b"invalid-\xff.jpg")}
    assert len(hot.files("outbox")) == len(hot.files("done"))
    assert {"folder.jpg/inside.png", "line\nbreak.png", "x" * 251 + ".png"} <= hot.files("outbox")
    for name in hot.files("failed"):
        if not name.endswith(".json"):
            assert len(hot.reason(name + ".json")["reason"]) > 10
    assert "symbolic link" in hot.reason("outside.jpg.json")["reason"]
    assert "Traceback" not in result.stderr


def test_a_photo_without_a_person_has_its_own_place(hot: Hot) -> None:
    rows, columns = np.mgrid[:240, :320]
    sky = np.dstack([rows // 2 + 100, rows // 3 + 120, columns // 8 + 200]).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(sky).save(buffer, "PNG")
    hot.drop("sky.png", buffer.getvalue())
    assert hot.once().returncode == 0
    assert hot.files("no_person") == {"sky.png", "sky.png.json"}
    assert hot.files("outbox", "done", "failed", "inbox") == set()


def test_unreadable_files_and_wrong_profiles_fail_with_a_sentence(hot: Hot) -> None:
    if os.geteuid() != 0:  # root may read everything
        hot.drop("secret.jpg", portrait()).chmod(0)
    hot.drop("team/edge-matting.toml", b'preset = "passport"\n')
    hot.drop("team/a.jpg", portrait())
    assert hot.once().returncode == 0
    assert "id-photo" in hot.reason("team/a.jpg.json")["reason"]
    if os.geteuid() != 0:
        assert "permission" in hot.reason("secret.jpg.json")["reason"]


def test_a_profile_overrides_preset_background_and_format_below_its_folder(hot: Hot) -> None:
    hot.drop("ids/edge-matting.toml", b'preset = "id-photo"\nbackground = "#0000FF"\nformat = "tiff"\n')
    hot.drop("ids/deeper/a.jpg", portrait())
    hot.drop("b.jpg", portrait())
    assert hot.once().returncode == 0
    assert hot.files("outbox") == {"ids/deeper/a.tif", "b.png"}
    with Image.open(hot.outbox / "ids" / "deeper" / "a.tif") as image:
        assert image.convert("RGB").getpixel((310, 5)) == (0, 0, 255)


def test_the_original_may_stay_and_is_cut_once_for_each_content(tmp_path: Path) -> None:
    hot = Hot(tmp_path, 'original = "keep"\n')
    hot.drop("a.jpg", portrait())
    for _ in range(2):
        assert hot.once().returncode == 0
    assert hot.files("outbox") == {"a.png"} and hot.files("inbox") == {"a.jpg"}
    hot.drop("a.jpg", portrait(256))
    assert hot.once().returncode == 0
    assert hot.files("outbox") == {"a.png", "a-2.png"} and hot.files("done") == set()


def test_the_original_may_be_deleted_but_never_a_failed_one(tmp_path: Path) -> None:
    hot = Hot(tmp_path, 'original = "delete"\n')
    hot.drop("a.jpg", portrait())
    hot.drop("b.jpg", b"no picture")
    assert hot.once().returncode == 0
    assert hot.files("outbox") == {"a.png"} and hot.files("inbox", "done") == set()
    assert hot.files("failed") == {"b.jpg", "b.jpg.json"}


def test_a_file_that_grows_slowly_is_cut_whole(hot: Hot) -> None:
    hot.start()
    data = portrait(640, 97)
    target = hot.inbox / "slow.jpg"
    with target.open("wb", buffering=0) as writer:
        for start in range(0, len(data), len(data) // 12 + 1):
            writer.write(data[start : start + len(data) // 12 + 1])
            time.sleep(0.15)
    wait_for(lambda: hot.files("done") == {"slow.jpg"}, hot)
    assert alpha_of(hot.outbox / "slow.png").shape == (640, 640)
    assert hot.files("failed") == set()


def test_a_file_replaced_while_it_is_cut_is_cut_again(hot: Hot) -> None:
    hot.start()
    hot.drop("a.jpg", portrait(1500))
    wait_for(hot.cutting, hot)
    hot.drop("a.jpg", portrait(256))
    wait_for(lambda: hot.files("done") == {"a.jpg"}, hot)
    assert alpha_of(hot.outbox / "a.png").shape == (256, 256)
    assert hot.files("outbox") == {"a.png"}


def test_a_folder_moved_in_whole_is_found(hot: Hot) -> None:
    hot.start()
    wait_for(lambda: "ready" in hot.said(), hot)
    elsewhere = hot.root / "elsewhere" / "deep"
    elsewhere.mkdir(parents=True)
    (elsewhere / "a.jpg").write_bytes(portrait())
    (hot.root / "elsewhere").rename(hot.inbox / "card")
    wait_for(lambda: hot.files("outbox") == {"card/deep/a.png"}, hot)


def test_the_outbox_vanishes_and_comes_back(hot: Hot) -> None:
    hot.start()
    wait_for(lambda: "ready" in hot.said(), hot)
    away = hot.root / "away"
    hot.outbox.rename(away)
    hot.drop("a.jpg", portrait())
    wait_for(lambda: "photos wait in the inbox" in hot.said(), hot)
    assert not hot.outbox.exists(), "a folder made in its place would fill the disk below a mount"
    assert hot.files("inbox") == {"a.jpg"} and hot.files("failed") == set()
    away.rename(hot.outbox)
    wait_for(lambda: hot.files("outbox") == {"a.png"} and hot.files("done") == {"a.jpg"}, hot)


def test_sigterm_finishes_what_is_in_hand(hot: Hot) -> None:
    for number in range(6):
        hot.drop(f"{number}.jpg", portrait(700))
    hot.start()
    wait_for(hot.cutting, hot)
    assert hot.stop(signal.SIGTERM) == 0
    assert list(temporaries(hot.root)) == []
    done = hot.files("done")
    assert done and len(hot.files("outbox")) == len(done)
    assert len(hot.files("inbox")) == 6 - len(done)
    assert hot.files("failed") == set()


def test_a_second_service_on_the_same_folders_is_refused(hot: Hot) -> None:
    hot.start()
    wait_for(lambda: "watching" in hot.said(), hot)
    result = hot.once()
    assert result.returncode == 3 and "another edge-matting" in result.stderr


def test_an_altered_model_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    from matting.model import default_model_dir

    model = tmp_path / "model"
    shutil.copytree(default_model_dir(), model)
    with (model / "portrait.onnx").open("r+b") as weights:
        weights.seek(5000)
        weights.write(b"\x00\x01\x02\x03")
    hot = Hot(tmp_path, f'[engine]\nmodel = "{model}"\n')
    hot.drop("a.jpg", portrait())
    result = hot.once()
    assert result.returncode == 20 and "was altered" in result.stderr and "restore" in result.stderr
    assert hot.files("inbox") == {"a.jpg"}


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGSTOP])
def test_a_photo_that_kills_or_hangs_the_worker_twice_goes_to_failed_and_the_service_goes_on(
    tmp_path: Path, number: signal.Signals
) -> None:
    hot = Hot(tmp_path, "[service]\nphoto_timeout_seconds = 5\n")
    hot.start()
    try:
        wait_for(lambda: "ready" in hot.said(), hot)
        hot.drop("poison.jpg", portrait(2000))
        for _ in range(2):
            wait_for(hot.cutting, hot)
            victim = hot.worker()
            assert victim is not None
            os.kill(victim, number)
            wait_for(lambda victim=victim: hot.worker() not in (victim, None) or hot.files("failed"), hot)  # type: ignore[misc]
        wait_for(lambda: "poison.jpg.json" in hot.files("failed"), hot)
        hot.drop("good.jpg", portrait())
        wait_for(lambda: hot.files("outbox") == {"good.png"}, hot)
        reason = hot.reason("poison.jpg.json")
        assert reason["attempts"] == 2
        assert ("SIGSEGV" if number == signal.SIGSEGV else "no progress for 5 s") in reason["reason"]
    finally:
        assert hot.process is not None
        hot.process.kill()
        hot.process.wait()


def test_wrong_configuration_is_one_exit_code_with_all_mistakes(hot: Hot) -> None:
    hot.config.write_text("[hotfolder]\ninbx = 1\n[matting]\nerode = 7\n")
    result = hot.once()
    assert result.returncode == 3
    assert "line 2" in result.stderr and "line 4" in result.stderr


def test_a_heic_goes_through_the_worker_that_is_locked_in(tmp_path: Path) -> None:
    """Its decoder is a library of its own, which is loaded when the first one comes."""
    pillow_heif = pytest.importorskip("pillow_heif")
    hot = Hot(tmp_path)
    with Image.open(io.BytesIO(portrait())) as picture:
        pillow_heif.from_pillow(picture).save(hot.inbox / "phone.heic")
    assert hot.once().returncode == 0, hot.said()
    assert hot.files("outbox") == {"phone.png"} and hot.files("done") == {"phone.heic"}


def test_a_full_disk_is_waited_for(tmp_path: Path) -> None:
    """In a mount namespace of its own, with a file system of 400 kB that another file fills and then frees."""
    script = Path(__file__).parent / "full_disk.sh"
    probe = subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False)
    if probe.returncode != 0:
        pytest.skip("this machine does not allow user namespaces with mounts")
    hot = Hot(tmp_path)
    for number in range(3):
        hot.drop(f"{number}.jpg", portrait())
    result = subprocess.run(
        ["unshare", "-rm", "sh", str(script), str(hot.outbox), *hot.command()],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert hot.files("inbox", "failed") == set()
    assert hot.files("done") == {"0.jpg", "1.jpg", "2.jpg"}
    assert "photos wait in the inbox" in result.stderr
    assert sorted(result.stdout.split()) == ["0.png", "1.png", "2.png"]


def test_the_disk_of_all_folders_is_pulled_out_in_mid_backlog_and_put_back(tmp_path: Path) -> None:
    """State stays. Each photo in one place afterwards, with one cut-out, by the same service, which is READY again."""
    disk, away = tmp_path / "disk", tmp_path / "away"
    names = ("inbox", "outbox", "done", "failed", "no_person")
    hot = Hot(tmp_path, "", **{name: disk / name for name in names})
    photos = {f"{number}.jpg" for number in range(12)}
    for name in photos:
        hot.drop(name, portrait())
    hot.start()
    try:
        for cut in (1, 4):
            wait_for(lambda cut=cut: len(hot.files("done")) >= cut, hot)  # type: ignore[misc]
            disk.rename(away)
            wait_for(lambda: status(hot).startswith("DEGRADED"), hot)
            assert not disk.exists(), "no folder is made in place of a disk that went away"
            away.rename(disk)
        wait_for(lambda: hot.files("done") == photos, hot)
        wait_for(lambda: status(hot).startswith("READY"), hot)
        assert hot.files("outbox") == {name.replace("jpg", "png") for name in photos}
        assert hot.files("inbox", "failed", "no_person") == set()
        assert hot.stop() == 0
    finally:
        if hot.process is not None:
            hot.process.kill()


def test_a_service_that_kept_dying_is_careful_until_it_ends_in_good_order(hot: Hot, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = hot.root / "run"
    runtime.mkdir()
    now = time.clock_gettime(time.CLOCK_BOOTTIME)
    (runtime / "starts").write_text("".join(f"{now - age}\n" for age in range(MANY, 0, -1)))
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(runtime))
    hot.drop("a.jpg", portrait())
    hot.start()
    wait_for(lambda: hot.files("done") == {"a.jpg"}, hot)
    assert status(hot) == "DEGRADED: it ended too often: without GPU and camera for an hour"
    assert hot.stop(signal.SIGKILL) == -signal.SIGKILL
    assert len((runtime / "starts").read_text().split()) == MANY + 1
    (runtime / "starts").write_text("half a num")  # what cannot be read costs the count, not the service
    hot.start()
    wait_for(lambda: status(hot) == "READY", hot)
    assert hot.stop() == 0
    assert list(runtime.iterdir()) == []


def status(hot: Hot) -> str:
    try:
        told = read_status(hot.state / "status.json")
    except OutputError:
        return ""
    return f"{told.state.value}: {told.reason}" if told.reason else told.state.value
