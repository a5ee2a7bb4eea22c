"""The filter of system calls: as the kernel applies it, and as it reads for the architecture that is not here."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from edge.sandbox import allowed, forbidden, server
from edge.sandbox.checks import Numbers
from edge.sandbox.seccomp import SECCOMP, Role, program_for
from tests.attacks.bpf import ARCHITECTURES, verdict

MACHINES = list(ARCHITECTURES)
HEADERS = [Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), Path("/usr/include/asm-generic/unistd.h")]
PID = 4711
BEYOND = 500  # no kernel has so many calls
# uretprobe and uprobe: newer kernels ask no filter, and end by SIGILL whoever makes them without being probed.
PAST_ALL_FILTERS = ({335, 336}, set[int]())

LISTED = {**allowed.ALLOWED, **{name: numbers for name, (numbers, _) in allowed.checked(PID).items()}}
SERVED = {**server.ALLOWED}
REFUSED = {**forbidden.FORBIDDEN, **forbidden.ABSENT}
WATCHED = {name: numbers for name, (numbers, _) in forbidden.checked(PID).items()}


@pytest.mark.parametrize("column,header", list(enumerate(HEADERS)), ids=MACHINES)
def test_the_numbers_are_the_kernels(column: int, header: Path) -> None:
    if not header.exists():
        pytest.skip(f"no {header}: apt install linux-libc-dev")
    kernel = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text()))
    kernel.setdefault("newfstatat", kernel.get("fstatat", ""))
    for calls in (LISTED, SERVED, REFUSED, WATCHED, {"seccomp": SECCOMP}):
        for name, numbers in calls.items():
            if kernel.get(name, "").isdecimal():
                assert numbers[column] == int(kernel[name]), name
            else:
                assert (numbers[column] or 441) >= 441, f"{name} is unknown to this kernel's headers"


def test_no_call_is_both_listed_and_refused() -> None:
    assert not LISTED.keys() & REFUSED.keys()
    for column in (0, 1):
        numbers = [each[column] for each in LISTED.values() if each[column] is not None]
        assert len(numbers) == len(set(numbers))


def test_the_kernel_refuses_every_call_that_is_not_on_the_list() -> None:
    """By their numbers, with arguments that are wrong: one that came through would answer with another error, or none."""
    column = MACHINES.index(os.uname().machine)
    command = [sys.executable, "-c", EACH, " ".join(map(str, PAST_ALL_FILTERS[column]))]
    found = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    answers = {int(number): int(error) for number, error in (line.split() for line in found.splitlines())}
    listed = {numbers[column] for numbers in LISTED.values()}
    assert answers.keys() == set(range(BEYOND + 1)) - listed - PAST_ALL_FILTERS[column]
    assert {number for number, error in answers.items() if error != (1 if number < 424 else 38)} == set()


EACH = """
import ctypes, os, sys
from edge import sandbox
from edge.sandbox import allowed
column = ["x86_64", "aarch64"].index(os.uname().machine)
checked = [numbers for numbers, _ in allowed.checked(0).values()]
listed = {numbers[column] for numbers in (*allowed.ALLOWED.values(), *checked)}
libc = ctypes.CDLL(None, use_errno=True)
wrong = [ctypes.c_long(-1)] * 6
assert "seccomp" not in sandbox.lock_in()
for number in range(501):
    if number not in listed and number not in map(int, sys.argv[1].split()):
        assert libc.syscall(ctypes.c_long(number), *wrong) == -1
        print(number, ctypes.get_errno())
"""

Asked = list[tuple[str, tuple[int, ...]]]
# What the C library and Python do: each call with arguments as strace showed them.
DONE: Asked = [
    ("openat", (-100, 1, os.O_RDONLY | os.O_CLOEXEC)),
    ("openat", (-100, 1, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_DIRECTORY)),
    *(("ioctl", (3, command, 1)) for command in (0x5401, 0x802C542A, 0x5450, 0x5451)),
    *(("fcntl", (3, command, 0)) for command in (0, 1, 2, 3, 1030)),
    ("mmap", (0, 1 << 33, 3, 0x22, -1, 0)),  # memory
    ("mmap", (0, 1 << 20, 0, 0x20022, -1, 0)),  # a stack
    ("mmap", (1 << 40, 1 << 20, 5, 0x812, 3, 0)),  # code of a library
    ("mprotect", (1 << 40, 4096, 3)),
    ("mprotect", (1 << 40, 4096, 0)),
    ("madvise", (1 << 40, 1 << 20, 4)),
    ("madvise", (1 << 40, 1 << 20, 14)),
    ("clone", (0x3D0F00, 1 << 40, 1, 1, 1)),
    ("futex", (1 << 40, 0x80, 2, 0)),  # WAIT_PRIVATE
    ("futex", (1 << 40, 0x81, 1)),  # WAKE_PRIVATE
    ("futex", (1 << 40, 0x189, 0, 0, 0, 0xFFFFFFFF)),  # WAIT_BITSET_PRIVATE, by the clock on the wall
    ("sched_getaffinity", (0, 128, 1)),
    ("prctl", (15, 1)),
    ("tgkill", (PID, PID + 3, 6)),
    ("prlimit64", (0, 3, 0, 1 << 40)),
]
UNDONE: Asked = [
    *(("openat", (-100, 1, flags)) for flags in (os.O_WRONLY, os.O_RDWR, os.O_CREAT, os.O_TRUNC, os.O_TMPFILE)),
    *(("ioctl", (3, command, 1)) for command in (0x5412, 0x5421, 0x5452, 0x8901, 0x40086602, 0x80086601, 0x4030582A)),
    *(("fcntl", (3, command, 0)) for command in (4, 6, 7, 8, 10, 15, 37, 1024, 1026, 1033, 1036)),
    ("mmap", (0, 4096, 7, 0x22, -1, 0)),
    ("mmap", (0, 4096, 6, 0x22, -1, 0)),
    ("mmap", (0, 4096, 3, 0x01, 3, 0)),
    ("mmap", (0, 4096, 1, 0x03, 3, 0)),
    ("mprotect", (1 << 40, 4096, 5)),
    ("mprotect", (1 << 40, 4096, 7)),
    *(("madvise", (1 << 40, 4096, advice)) for advice in (9, 12, 100, 101)),
    ("clone", (0, 0)),
    ("clone", (0x3D0F00 | 0x10000000, 1 << 40)),  # CLONE_NEWUSER
    ("clone", (17, 0)),
    *(("futex", (1 << 40, command)) for command in (0x86, 0x8B, 0x8C, 0x8D)),
    ("sched_getaffinity", (1, 128, 1)),
    *(("prctl", (option, 0)) for option in (1, 4, 22, 24, 35, 38, 0x59616D61)),
    ("tgkill", (1, 1, 9)),
    ("tgkill", (0, PID, 9)),
    ("prlimit64", (1, 7, 0, 1 << 40)),
    ("prlimit64", (0, 7, 1 << 40, 0)),  # a pointer whose lower half is 0
    ("prlimit64", (0, 7, 1, 0)),
]
# Beside a driver other things are refused.
DONE_BESIDE_A_DRIVER: Asked = [
    ("openat", (-100, 1, os.O_RDWR | os.O_CLOEXEC)),
    *(("ioctl", (3, command, 1)) for command in (0xC0084E02, 0xC0085802, 0x30000001, 0x1, 0xC020462A)),
    ("fcntl", (3, 4, os.O_NONBLOCK)),
    ("sched_setaffinity", (0, 8, 1)),
    ("clone", (0x3D0F00, 1 << 40)),
    ("kill", (PID, 10)),
    ("prctl", (15, 1)),
    ("prlimit64", (0, 7, 1 << 40, 0)),
]
UNDONE_BESIDE_A_DRIVER: Asked = [
    ("openat", (-100, 1, os.O_WRONLY | os.O_CREAT)),
    *(("ioctl", (3, each, 1)) for each in (0x5412, 0x8901, 0x40086602, 0x80086601, 0x401C5820, 0x40049409, 0x4030582A)),
    *(("fcntl", (3, command, 0)) for command in (6, 8, 10, 15, 37, 1024, 1026, 1033)),
    ("sched_setaffinity", (1, 8, 1)),
    ("clone", (17, 0)),
    ("kill", (1, 9)),
    ("kill", (0, 9)),
    ("prctl", (1, 0)),
    ("prlimit64", (1, 7, 0, 1)),
]


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("driver", [False, True], ids=["on the CPU", "beside a driver"])
def test_the_arguments_decide(machine: str, driver: bool) -> None:
    program = program_for(machine, PID, Role.DRIVER if driver else Role.WORKER)
    numbers: dict[str, Numbers] = WATCHED if driver else LISTED
    done, undone = (DONE_BESIDE_A_DRIVER, UNDONE_BESIDE_A_DRIVER) if driver else (DONE, UNDONE)
    for expected, asked in (("allowed", done), ("EPERM", undone)):
        for name, arguments in asked:
            number = numbers[name][MACHINES.index(machine)]
            assert number is not None
            assert verdict(program, machine, number, *arguments) == expected, f"{name}{arguments}"


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("driver", [False, True], ids=["on the CPU", "beside a driver"])
def test_the_c_library_is_led_back_to_calls_that_can_be_seen(machine: str, driver: bool) -> None:
    """ENOSYS, not EPERM, for clone3 and openat2, and for what no kernel has yet."""
    program = program_for(machine, PID, Role.DRIVER if driver else Role.WORKER)
    for number in (435, 437, BEYOND):
        assert verdict(program, machine, number) == "ENOSYS"


@pytest.mark.parametrize("machine", MACHINES)
def test_beside_a_driver_all_that_is_forbidden_is_refused(machine: str) -> None:
    program, column = program_for(machine, PID, Role.DRIVER), MACHINES.index(machine)
    for name, numbers in forbidden.FORBIDDEN.items():
        if (number := numbers[column]) is not None:
            assert verdict(program, machine, number) == "EPERM", name


def test_the_same_calls_under_other_numbers_are_refused_too() -> None:
    program = program_for("x86_64", PID, Role.WORKER)
    assert verdict(program, "x86_64", 0x40000000) == "EPERM"  # read, of x32
    assert verdict(program, "aarch64", 63) == "killed"  # another architecture's
