"""Stands in for the JPEG decoder: one that a photo has taken over. It says on stderr what it got away with."""

import ctypes
import fcntl
import os
import resource
import socket
import sys
import termios
from collections.abc import Callable
from pathlib import Path

VICTIM = os.environ.get("VICTIM", "")  # a file that the service owns, and that no photo has any business with
CHANNEL = int(sys.argv[1]) if sys.argv[1:] and sys.argv[1].isdecimal() else 2  # the worker's socket to the supervisor
_LIBC = ctypes.CDLL(None, use_errno=True)


def _raw(number: int, *arguments: object) -> None:
    if _LIBC.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), "raw")


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


ATTACKS: dict[str, Callable[[], object]] = {
    "socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
    "unix socket": lambda: socket.socketpair(),
    "exec": lambda: os.execv("/bin/true", ["true"]),
    "fork": _fork,
    "spawn": lambda: os.posix_spawn("/bin/true", ["true"], {}),
    "create": lambda: os.open(VICTIM + ".new", os.O_WRONLY | os.O_CREAT),
    "create in /tmp": lambda: os.open("/tmp/edge-matting-was-here", os.O_WRONLY | os.O_CREAT),
    "overwrite": lambda: os.open(VICTIM, os.O_WRONLY),
    "empty": lambda: os.truncate(VICTIM, 0),
    "remove": lambda: Path(VICTIM).unlink(),
    "rename": lambda: Path(VICTIM).rename(VICTIM + ".gone"),
    "folder": lambda: Path(VICTIM + ".folder").mkdir(),
    "mode": lambda: Path(VICTIM).chmod(0o777),
    "link": lambda: Path(VICTIM + ".link").symlink_to("/etc/passwd"),
    "kill the supervisor": lambda: os.kill(os.getppid(), 9),
    "look into the supervisor": lambda: _raw(101 if os.uname().machine == "x86_64" else 117, 16, os.getppid(), 0, 0),
    "signal the supervisor by a socket": lambda: fcntl.fcntl(CHANNEL, fcntl.F_SETOWN, os.getppid()),
    "type into the terminal": lambda: fcntl.ioctl(2, termios.TIOCSTI, b"x"),
    "slow the supervisor": lambda: os.setpriority(os.PRIO_PROCESS, os.getppid(), 19),
    "starve the supervisor": lambda: resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (3, 3)),
    "nameless file": lambda: os.open("/tmp", os.O_WRONLY | os.O_TMPFILE),
    "io_uring": lambda: _raw(425, 1, ctypes.create_string_buffer(256)),
}
READING: dict[str, Callable[[], object]] = {
    "read another guest's photo": lambda: os.open(VICTIM, os.O_RDONLY),
    "list folders": lambda: list(Path("/").iterdir()),
    "read the accounts": lambda: os.open("/etc/passwd", os.O_RDONLY),
    "read the supervisor's memory": lambda: os.open(f"/proc/{os.getppid()}/mem", os.O_RDONLY),
    "take the supervisor's files": lambda: os.open(f"/proc/{os.getppid()}/fd/2", os.O_RDONLY),
}


def attack() -> None:
    for name, deed in {**ATTACKS, **READING}.items():
        try:
            deed()
            outcome = "SUCCEEDED"
        except OSError as error:
            outcome = f"refused {error.errno}"
        sys.stderr.write(f"attack {name}: {outcome}\n")
    sys.stderr.flush()


def _decode(*_: object, **__: object) -> None:
    attack()
    raise ValueError("Corrupt JPEG data: planted")


decode_jpeg = decode_jpeg_header = encode_jpeg = _decode
