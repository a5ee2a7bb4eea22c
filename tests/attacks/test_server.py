"""What code in the HTTP server could still do once it has locked itself in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from edge.sandbox import server
from edge.sandbox.seccomp import Role, program_for
from tests.attacks.bpf import ARCHITECTURES, verdict

TRIED = """
import ctypes, os, socket, subprocess, sys
from edge.sandbox import lock_in, offered
from edge.sandbox.seccomp import Role

listening = socket.create_server(("127.0.0.1", 0))
secret, folder = sys.argv[1:]
client = socket.create_connection(listening.getsockname())
missing = lock_in(role=Role.SERVER)
ours, _ = listening.accept()
ours.setblocking(False)
client.sendall(b"x")
ways = {
    "read": lambda: open(secret),
    "write": lambda: open(folder + "/planted", "w"),
    "socket": lambda: socket.socket(),
    "unix": lambda: socket.socket(socket.AF_UNIX),
    "connect": lambda: ctypes.CDLL(None).connect(client.fileno(), b"\\0" * 16, 16) == 0 or (_ for _ in ()).throw(OSError()),
    "run": lambda: subprocess.run(["/bin/true"]),
    "fork": os.fork,
    "kill": lambda: os.kill(os.getppid(), 0),
    "unlink": lambda: os.unlink(secret),
    "listen": lambda: socket.create_server(("127.0.0.1", 0)),
}
for name, way in ways.items():
    try:
        way()
    except OSError:
        continue
    if name != "read" or "landlock" not in missing:
        print(name)
"""


def test_a_server_that_is_taken_over_reaches_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    words = [sys.executable, "-c", TRIED, str(secret), str(tmp_path)]
    result = subprocess.run(words, capture_output=True, text=True, check=True)
    assert result.stdout == ""
    assert secret.exists() and list(tmp_path.iterdir()) == [secret]


@pytest.mark.parametrize("machine", list(ARCHITECTURES))
def test_its_list_holds_on_both_architectures(machine: str) -> None:
    program, column = program_for(machine, 4711, Role.SERVER), list(ARCHITECTURES).index(machine)
    for name, numbers in server.ALLOWED.items():
        if (number := numbers[column]) is not None:
            assert verdict(program, machine, number) == "allowed", name
    for number in ((41, 42, 49, 59), (198, 203, 200, 221))[column]:  # socket, connect, bind, execve
        assert verdict(program, machine, number) == "EPERM"
