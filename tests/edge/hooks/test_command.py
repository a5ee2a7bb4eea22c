"""A program that is told of photos, and programs that do what they like."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.hooks.command import Command
from edge.hooks.queue import HookFailed
from tests.edge.hooks.receiver import script
from tests.edge.hot import wait_for


def within(seconds: float) -> Callable[[], float]:
    end = time.monotonic() + seconds
    return lambda: end


def test_it_gets_the_json_and_nothing_of_the_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "key")
    body = json.dumps({"name": "x" * 200_000}).encode()  # more than a pipe holds
    program = script(
        tmp_path / "program",
        f'cat > "$1"; {{ env; pwd; ls /proc/self/fd | wc -l; }} > {tmp_path}/seen; cat /dev/zero | head -c 0',
    )
    descriptor = os.open("/dev/null", os.O_RDONLY)
    os.set_inheritable(descriptor, True)
    try:
        Command([str(program), str(tmp_path / "a b; $(touch x)")])(body, within(20))
    finally:
        os.close(descriptor)
    assert (tmp_path / "a b; $(touch x)").read_bytes() == body
    *environment, folder, descriptors = (tmp_path / "seen").read_text().split("\n")[:-1]
    assert {line.split("=")[0] for line in environment} <= {"PATH", "LANG", "PWD", "SHLVL", "_", "OLDPWD"}
    assert folder == "/" and int(descriptors) == 4, "its three, and the one by which ls looks"


def test_one_that_hangs_is_killed_with_all_that_it_began(tmp_path: Path) -> None:
    program = script(tmp_path / "program", f"sleep 1000 & echo $! > {tmp_path}/child; wait")
    with pytest.raises(HookFailed, match="took too long and was killed"):
        Command([str(program)])(b"{}", within(1))
    child = (tmp_path / "child").read_text().strip()
    wait_for(lambda: not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text().split()[2])


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("echo first >&2; echo 'no paper' >&2; exit 3", "it ended with code 3: no paper$"),
        ("kill -9 $$", "it was killed by signal 9$"),
        ("yes >&2", "took too long and was killed"),
        ("yes", "took too long and was killed"),
        ("exec 2>&-; exec sleep 1000", "took too long and was killed"),
        ("printf '\\033[31mred\\377\\n' >&2; exit 1", r"code 1: \\x1b\[31mred\S*$"),
        ("yes 0123456789 | head -c 300000 >&2; printf '\\nlast\\n\\n' >&2; exit 1", "code 1: last$"),
    ],
)
def test_what_goes_wrong_is_told_in_a_line(tmp_path: Path, body: str, reason: str) -> None:
    with pytest.raises(HookFailed, match=reason):
        Command([str(script(tmp_path / "program", body))])(b"{}", within(3))


def test_what_it_leaves_running_is_not_waited_for(tmp_path: Path) -> None:
    program = script(tmp_path / "program", f"setsid sleep 1000 & echo $! > {tmp_path}/child; exit 0")
    Command([str(program)])(b"{}", within(30))
    child = int((tmp_path / "child").read_text())
    os.kill(child, 9)


def test_one_that_is_not_there_or_cannot_be_run_fails_as_others_do(tmp_path: Path) -> None:
    with pytest.raises(HookFailed, match="cannot be run: No such file"):
        Command([str(tmp_path / "absent")])(b"{}", within(1))
    (tmp_path / "plain").write_text("no program")
    with pytest.raises(HookFailed, match="cannot be run: Permission denied"):
        Command([str(tmp_path / "plain")])(b"{}", within(1))
    (tmp_path / "plain").chmod(0o755)
    with pytest.raises(HookFailed, match="cannot be run: Exec format error"):
        Command([str(tmp_path / "plain")])(b"{}", within(1))
