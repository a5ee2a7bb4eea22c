"""What the worker gives up before it touches a photo, and the HTTP server before it hears a client, for good: then no code in
them, whoever wrote it, can run a program, open a socket, signal or look into another process, or create, change, remove or
(but for the program's own) read a file that it was not handed open. Nor have they any of root's powers, whoever started the
service.

Two ways of the kernel's, each of which holds where the other is missing: seccomp refuses system calls, Landlock hides
files. On the CPU a list says which calls are left. The driver of a GPU opens and starts what cannot be foreseen, so it comes
up between two steps: before it, writing is confined, for the driver's threads too; after it, all else, and a list says which
calls are refused.
"""

from __future__ import annotations

import ctypes
import site
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from edge.sandbox import capabilities, landlock, seccomp
from edge.sandbox.seccomp import Role

_PR_SET_NO_NEW_PRIVS = 38
_LIBC = ctypes.CDLL(None)

# What the kernel tells of the machine, and what the C library and OpenMP look up.
_SYSTEM = tuple(map(Path, ("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/proc", "/sys", "/dev/null", "/dev/urandom")))
# Where drivers keep their nodes, shared memory and libraries.
_DRIVERS = tuple(map(Path, ("/dev", "/opt")))


def offered() -> list[str]:
    """The names of those of the two that this kernel does not have: [], ["landlock"], ..."""
    return [name for name, there in (("seccomp", seccomp.there()), ("landlock", landlock.version() > 0)) if not there]


def confine_writing(more: Iterable[Path] = ()) -> None:
    """Before a GPU's driver starts: this thread, and each that it will start, writes to devices and /proc alone, and has no
    power of root's. more: files and folders beside Python's own that must stay readable."""
    capabilities.drop([*_python(), *more])
    _no_new_privileges()
    landlock.confine(None, [Path("/dev"), Path("/proc")])


def lock_in(more: Iterable[Path] = (), role: Role = Role.WORKER) -> list[str]:
    """Give all up. more: further files and folders that may be read. A driver opens its nodes anew.

    Returns what the kernel refused, as `offered` names it. Seccomp holds for all threads, the rest for this one and those
    that it starts from here on.
    """
    needed = [*_python(), *more]
    capabilities.drop(needed)
    _no_new_privileges()
    gpu = role is Role.DRIVER
    hidden = landlock.confine([*needed, *_SYSTEM, *(_DRIVERS if gpu else ())], [Path("/dev")] if gpu else [])
    refused = seccomp.restrict(role)
    return [name for name, done in (("seccomp", refused), ("landlock", hidden)) if not done]


def _no_new_privileges() -> None:
    """Both ways ask for it (prctl(2)): whoever gives up rights must not regain them by a set-user-id program."""
    _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _python() -> list[Path]:
    """Python, what is installed into it, and this program: modules are also imported late."""
    ours = Path(__file__).parents[2]
    paths = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    return [*map(Path, paths), *map(Path, site.getsitepackages()), ours / "edge", ours / "matting"]
