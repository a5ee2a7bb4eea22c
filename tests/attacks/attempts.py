"""What an attacker's code in the worker would try. Each raises OSError where it is refused; none does harm where it is not,
but to the photo that it came with and to files of the tests'.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import mmap
import os
import resource
import socket
import sys
import termios
from collections.abc import Callable
from pathlib import Path

from edge.sandbox.forbidden import FORBIDDEN

Attempts = dict[str, Callable[[], object]]

VICTIM = os.environ.get("VICTIM", "")  # a file that the service owns, and that no photo has any business with
CHANNEL = int(sys.argv[1]) if sys.argv[1:] and sys.argv[1].isdecimal() else 2  # the worker's socket to the supervisor
SUPERVISOR, CORES = os.getppid(), os.sched_getaffinity(0)
_COLUMN = ["x86_64", "aarch64"].index(os.uname().machine)
_LIBC = ctypes.CDLL(None, use_errno=True)
_SEEK_BEYOND = 1 << 42
_F_SETSIG, _F_SETLEASE, _F_NOTIFY, _F_ADD_SEALS, _F_SET_RW_HINT = 10, 1024, 1026, 1033, 1036
_PR_SET_PDEATHSIG = 1
_NOWHERE, _NO_PATH = 1, ctypes.create_string_buffer(b"/nowhere")


def call(name: str, *arguments: object) -> None:
    """Make the system call of that name; its arguments are numbers and pointers."""
    number = FORBIDDEN[name][_COLUMN]
    if number is None:
        raise OSError(errno.ENOSYS, name)
    words = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    if _LIBC.syscall(ctypes.c_long(number), *words) < 0:
        raise OSError(ctypes.get_errno(), name)


def made(name: str, *arguments: object) -> Callable[[], object]:
    return lambda: call(name, *arguments)


def in_hand(word: str) -> int:
    """The descriptor of the file in hand whose name has this word: "memfd:output", or the photo's ending."""
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            if word in str(entry.readlink()):
                return int(entry.name)
    raise AssertionError(f"no file in hand is {word}")


def photo() -> int:
    return in_hand(".jpg")


def output() -> int:
    return in_hand("memfd:output")


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _run_from_memory() -> None:
    os.execve(os.memfd_create("program"), ["program"], {})


def _ask_not_to_be_killed() -> None:
    if _LIBC.prctl(_PR_SET_PDEATHSIG, 0) < 0:
        raise OSError(ctypes.get_errno(), "prctl")


def _write_beyond() -> None:
    os.lseek(output(), _SEEK_BEYOND, os.SEEK_SET)
    try:
        os.write(output(), b"x")
    finally:
        os.lseek(output(), 0, os.SEEK_SET)


def _mapped(protection: int, flags: int) -> None:
    mmap.mmap(-1, mmap.PAGESIZE, flags=flags | mmap.MAP_ANONYMOUS, prot=protection).close()


def _make_executable() -> None:
    memory = mmap.mmap(-1, mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    if _LIBC.mprotect(ctypes.c_void_p(address), ctypes.c_size_t(mmap.PAGESIZE), mmap.PROT_READ | mmap.PROT_EXEC) < 0:
        raise OSError(ctypes.get_errno(), "mprotect")


PROCESSES: Attempts = {
    "exec": lambda: os.execv("/bin/true", ["true"]),
    "fork": _fork,
    "spawn": lambda: os.posix_spawn("/bin/true", ["true"], {}),
    "run a program from memory": _run_from_memory,
    "kill the supervisor": lambda: os.kill(SUPERVISOR, 9),
    "signal its group": lambda: os.kill(0, 0),
    "look into the supervisor": made("ptrace", 16, SUPERVISOR, 0, 0),
    "signal the supervisor by a socket": lambda: fcntl.fcntl(CHANNEL, fcntl.F_SETOWN, SUPERVISOR),
    "by another signal": lambda: fcntl.fcntl(CHANNEL, _F_SETSIG, 0),
    "by another command": lambda: fcntl.ioctl(CHANNEL, 0x8901, SUPERVISOR.to_bytes(4, sys.byteorder)),
    "type into the terminal": lambda: fcntl.ioctl(2, termios.TIOCSTI, b"x"),
    "slow the supervisor": lambda: os.setpriority(os.PRIO_PROCESS, SUPERVISOR, 19),
    "starve the supervisor": lambda: resource.prlimit(SUPERVISOR, resource.RLIMIT_NOFILE, (3, 3)),
    "place the supervisor": lambda: os.sched_setaffinity(SUPERVISOR, CORES),
    "outlive the supervisor": _ask_not_to_be_killed,
    "io_uring": made("io_uring_setup", 1, ctypes.create_string_buffer(256)),
    "socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
    "unix socket": lambda: socket.socketpair(),
}
FILES: Attempts = {
    "create": lambda: os.open(VICTIM + ".new", os.O_WRONLY | os.O_CREAT),
    "create in /tmp": lambda: os.open("/tmp/edge-matting-was-here", os.O_WRONLY | os.O_CREAT),
    "nameless file": lambda: os.open("/tmp", os.O_WRONLY | os.O_TMPFILE),
    "overwrite": lambda: os.open(VICTIM, os.O_WRONLY),
    "empty": lambda: os.truncate(VICTIM, 0),
    "remove": lambda: Path(VICTIM).unlink(),
    "rename": lambda: Path(VICTIM).rename(VICTIM + ".gone"),
    "folder": lambda: Path(VICTIM + ".folder").mkdir(),
    "mode": lambda: Path(VICTIM).chmod(0o777),
    "link": lambda: Path(VICTIM + ".link").symlink_to("/etc/passwd"),
    "watch the inbox": made("inotify_init1", 0),
}
PHOTO: Attempts = {
    "read its attributes": lambda: fcntl.ioctl(photo(), 0x80086601, bytes(8)),
    "write its attributes": lambda: fcntl.ioctl(photo(), 0x40086602, bytes(8)),
    "write more of them": lambda: fcntl.ioctl(photo(), 0x401C5820, bytes(28)),
    "write them by a newer call": lambda: call("file_setattr", photo(), _NO_PATH, _NOWHERE, 0, 0x1000),
    "its mode": lambda: os.fchmod(photo(), 0o777),
    "its owner": lambda: os.fchown(photo(), os.getuid(), os.getgid()),
    "its times": lambda: os.utime(photo(), (0, 0)),
    "a word of its own": lambda: os.setxattr(photo(), "user.word", b"x"),
    "lock it": lambda: fcntl.flock(photo(), fcntl.LOCK_EX | fcntl.LOCK_NB),
    "lock a part": lambda: fcntl.lockf(photo(), fcntl.LOCK_SH | fcntl.LOCK_NB),
    "lease it": lambda: fcntl.fcntl(photo(), _F_SETLEASE, fcntl.F_RDLCK),
    "be told of changes": lambda: fcntl.fcntl(photo(), _F_NOTIFY, 1),
    "hint at its life": lambda: fcntl.fcntl(photo(), _F_SET_RW_HINT, bytes(8)),
    "clone it": lambda: fcntl.ioctl(output(), 0x40049409, photo()),
    "write it": lambda: os.write(os.open(f"/proc/self/fd/{photo()}", os.O_WRONLY), b"x"),
}
OUTPUT: Attempts = {
    "20 GB of room": lambda: call("fallocate", output(), 0, 0, 20 << 30),
    "20 GB of room by an older command": lambda: fcntl.ioctl(output(), 0x4030582A, bytes(48)),
    "a great length": lambda: os.ftruncate(output(), _SEEK_BEYOND),
    "a byte far out": _write_beyond,
    "seal it": lambda: fcntl.fcntl(output(), _F_ADD_SEALS, 8),
}
# Arguments that are wrong, so that none of these does anything where it is not refused.
MACHINE: Attempts = {
    "reboot": made("reboot", 0, 0, 0, 0),
    "another kernel": made("kexec_load", 0, 0, 0, -1),
    "a kernel's module": made("init_module", _NOWHERE, 0, _NOWHERE),
    "a module less": made("delete_module", _NOWHERE, 0),
    "its log": made("syslog", 3, _NOWHERE, 0),
    "its clock": made("clock_settime", 99, _NOWHERE),
    "its clock's pace": made("adjtimex", _NOWHERE),
    "the time": made("settimeofday", _NOWHERE, 0),
    "its name": made("sethostname", _NOWHERE, 4),
    "its domain": made("setdomainname", _NOWHERE, 4),
    "swap": made("swapon", _NO_PATH, 0),
    "no swap": made("swapoff", _NO_PATH),
    "accounting": made("acct", _NO_PATH),
    "ports": made("iopl", 0),
    "quotas": made("quotactl", -1, _NO_PATH, 0, 0),
    "all disks": made("sync"),
    "a mount": made("mount", _NO_PATH, _NO_PATH, _NO_PATH, 0, 0),
    "another root": made("chroot", _NO_PATH),
    "a namespace": made("unshare", 0),
    "another's namespace": made("setns", -1, 0),
    "programs for the kernel": made("bpf", -1, 0, 0),
    "counters": made("perf_event_open", _NOWHERE, 0, -1, -1, 0),
    "page faults": made("userfaultfd", -1),
    "keys": made("keyctl", -1),
    "another's memory": made("process_vm_readv", SUPERVISOR, 0, 0, 0, 0, 0),
    "another's pages": made("move_pages", SUPERVISOR, 0, 0, 0, 0, 0),
    "another's descriptors": made("pidfd_open", SUPERVISOR, 0),
    "another personality": made("personality", 0xFFFFFFFF),
    "all files' events": made("fanotify_init", 0, 0),
    "a file by its handle": made("open_by_handle_at", -1, _NOWHERE, 0),
    "pages without a copy": made("vmsplice", -1, 0, 0, 0),
}
ATTACKS: Attempts = {
    **PROCESSES,
    **FILES,
    **{f"the photo: {name}": deed for name, deed in PHOTO.items()},
    **{f"the output: {name}": deed for name, deed in OUTPUT.items()},
    **{f"the machine: {name}": deed for name, deed in MACHINE.items()},
}
# A driver does these too.
OF_DRIVERS: Attempts = {
    "see where the supervisor runs": lambda: os.sched_getaffinity(SUPERVISOR),
    "code as it is written": lambda: _mapped(mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC, mmap.MAP_PRIVATE),
    "code once it is written": _make_executable,
    "memory with others": lambda: _mapped(mmap.PROT_READ, mmap.MAP_SHARED),
    "a file of its own": lambda: os.close(os.memfd_create("file")),
    "how the log is written": lambda: fcntl.fcntl(2, fcntl.F_SETFL, fcntl.fcntl(2, fcntl.F_GETFL)),
    "that nobody waits for the log": lambda: fcntl.ioctl(CHANNEL, 0x5421, bytes(4)),
    "a larger limit": lambda: resource.prlimit(0, resource.RLIMIT_NOFILE, resource.getrlimit(resource.RLIMIT_NOFILE)),
    "the output: another length": lambda: os.ftruncate(output(), 0),
}
READING: Attempts = {
    "read another guest's photo": lambda: os.open(VICTIM, os.O_RDONLY),
    "list folders": lambda: list(Path("/").iterdir()),
    "read the accounts": lambda: os.open("/etc/passwd", os.O_RDONLY),
    "read the supervisor's memory": lambda: os.open(f"/proc/{SUPERVISOR}/mem", os.O_RDONLY),
    "take the supervisor's files": lambda: os.open(f"/proc/{SUPERVISOR}/fd/2", os.O_RDONLY),
}
