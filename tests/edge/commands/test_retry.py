"""`edge-matting retry`, beside a service and without one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.edge.hot import Hot, portrait, wait_for


def retry(hot: Hot, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [*hot.command()[:3], "retry", "--config", str(hot.config), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=cwd)


def refuse(hot: Hot, path: str, origin: str | None = None, data: bytes = b"photo") -> None:
    """As the service leaves a refused photo."""
    photo = hot.failed / path
    photo.parent.mkdir(parents=True, exist_ok=True)
    photo.write_bytes(data)
    table = {"file": origin or path, "error": "UnreadablePhoto", "reason": "it is torn"}
    (photo.parent / f"{photo.name}.json").write_text(json.dumps(table))


def test_a_photo_that_failed_for_the_inboxs_sake_is_cut_at_the_second_try(hot: Hot) -> None:
    """Its profile was wrong, and is mended."""
    hot.drop("guests/edge-matting.toml", b'format = "gif"\n')
    hot.drop("guests/a.jpg", portrait())
    hot.drop("torn.jpg", b"no picture")
    assert hot.once().returncode == 0
    assert hot.files("failed") == {"guests/a.jpg", "guests/a.jpg.json", "torn.jpg", "torn.jpg.json"}
    listed = retry(hot)
    assert listed.returncode == 0 and [line.split("  ")[0] for line in listed.stdout.splitlines()] == [
        "torn.jpg",
        "guests/a.jpg",
    ]
    assert "format" in listed.stdout
    hot.drop("guests/edge-matting.toml", b'format = "webp"\n')
    result = retry(hot, "guests/a.jpg")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == f"{hot.inbox}/guests/a.jpg\n"
    assert hot.files("failed") == {"torn.jpg", "torn.jpg.json"}
    assert hot.once().returncode == 0
    assert hot.files("outbox") == {"guests/a.webp"} and hot.files("done") == {"guests/a.jpg"}


def crash(hot: Hot) -> None:
    """The worker dies of the photo that it has in hand."""
    wait_for(hot.cutting, hot)
    victim = hot.worker()
    assert victim is not None
    os.kill(victim, signal.SIGSEGV)
    wait_for(lambda: hot.worker() not in (victim, None) or hot.files("failed"), hot)


def test_a_photo_whose_attempts_were_used_up_gets_new_ones(hot: Hot) -> None:
    hot.start()
    wait_for(lambda: "ready" in hot.said(), hot)
    hot.drop("a.jpg", portrait(2000))
    crash(hot)
    crash(hot)
    wait_for(lambda: hot.files("failed") == {"a.jpg", "a.jpg.json"}, hot)
    assert hot.reason("a.jpg.json")["attempts"] == 2
    inode = (hot.failed / "a.jpg").stat().st_ino
    assert retry(hot, "a.jpg").returncode == 0
    wait_for(hot.cutting, hot)
    assert (hot.inbox / "a.jpg").stat().st_ino == inode, "the same file, of which the journal might remember"
    crash(hot)
    wait_for(lambda: hot.files("outbox") == {"a.png"}, hot)
    assert hot.files("failed") == set()


def test_all_come_back_under_names_that_are_free(hot: Hot) -> None:
    refuse(hot, "a.jpg")
    refuse(hot, "a-2.jpg", origin="a.jpg", data=b"another")
    refuse(hot, "sub/deep/b.json", data=b"no reason at all")
    hot.drop("a.jpg", b"a new guest")
    (hot.no_person / "wall.jpg").write_bytes(b"wall")
    result = retry(hot, "--all")
    assert result.returncode == 0, result.stderr
    assert hot.files("failed") == set() and hot.files("no_person") == {"wall.jpg"}
    assert hot.files("inbox") == {"a.jpg", "a-2.jpg", "a-3.jpg", "sub/deep/b.json"}
    assert (hot.inbox / "a.jpg").read_bytes() == b"a new guest"
    assert {(hot.inbox / name).read_bytes() for name in ("a-2.jpg", "a-3.jpg")} == {b"photo", b"another"}
    assert retry(hot, "--all", "--no-person").returncode == 0
    assert "wall.jpg" in hot.files("inbox")
    nothing = retry(hot)
    assert nothing.returncode == 0 and f"nothing lies in {hot.failed}" in nothing.stderr


def test_each_name_has_its_own_answer(hot: Hot) -> None:
    refuse(hot, "sub/a.jpg")
    refuse(hot, "b.jpg")
    (hot.inbox / "sub").write_text("a file where the folder was")
    result = retry(hot, "sub/a.jpg", "nobody.jpg", "b.jpg", cwd=hot.failed)
    assert result.returncode == 10 and "Traceback" not in result.stderr
    first, second = result.stderr.splitlines()
    assert first == f"sub/a.jpg: not moved: is no folder ({hot.inbox}/sub)"
    assert second.startswith(f"nobody.jpg: no such photo in {hot.failed}")
    assert hot.files("failed") == {"sub/a.jpg", "sub/a.jpg.json"}
    assert hot.files("inbox") == {"sub", "b.jpg"}
    refuse(hot, "c.jpg")
    assert retry(hot, str(hot.failed / "c.jpg")).returncode == 0
    assert retry(hot, "../config.toml").returncode == 2
    assert retry(hot, "a.jpg", "--all").returncode == 2


@pytest.mark.parametrize("origin", ["../../stolen.jpg", "/stolen.jpg", "", "..", "link/stolen.jpg", 3])
def test_a_reason_that_somebody_wrote_leads_out_of_the_inbox_nowhere(hot: Hot, origin: str) -> None:
    (hot.root / "elsewhere").mkdir()
    (hot.inbox / "link").symlink_to(hot.root / "elsewhere")
    refuse(hot, "a.jpg")
    table = {"file": origin, "error": "UnreadablePhoto", "reason": "it is torn"}
    (hot.failed / "a.jpg.json").write_text(json.dumps(table))
    retry(hot, "--all")
    assert list((hot.root / "elsewhere").iterdir()) == [] and not list(hot.root.parent.glob("stolen*"))
    assert b"photo" in {path.read_bytes() for path in (*hot.failed.glob("*.jpg"), *hot.inbox.glob("*")) if path.is_file()}


def test_from_another_disk_it_is_copied_whole(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as other:
        hot = Hot(tmp_path, failed=Path(other))
        if Path(other).stat().st_dev == tmp_path.stat().st_dev:
            pytest.skip("there is no other disk here")
        refuse(hot, "a.jpg", data=b"x" * 3_000_000)
        assert retry(hot, "a.jpg").returncode == 0
        assert hot.files("failed") == set() and hot.files("inbox") == {"a.jpg"}
        assert (hot.inbox / "a.jpg").read_bytes() == b"x" * 3_000_000
