"""The system calls that a worker on the CPU makes once it is locked in; it gets no others.

Found with strace: every kind of photo and output, several at once, damaged ones, want of memory, faults of ours; Python
3.11 and 3.13, glibc 2.36 and 2.41, x86-64. A few beside them are calls that other releases, or aarch64, make instead.
Numbers: see `checks`.
"""

from __future__ import annotations

import os

from edge.sandbox.checks import Check, Checked, Numbers, has, lacks

ALLOWED: dict[str, Numbers] = {
    # what is open: the photo, the outputs, the model, Python's modules, libraries
    "read": (0, 63),
    "pread64": (17, 67),  # the dynamic loader
    "write": (1, 64),
    "writev": (20, 66),  # the C library's last words
    "lseek": (8, 62),
    "close": (3, 57),
    "fstat": (5, 80),
    "getdents64": (217, 61),  # Python's import lists folders
    # looking for files; to open one see CHECKED
    "newfstatat": (262, 79),
    "stat": (4, None),  # libraries built against an older glibc
    "lstat": (6, None),
    "statx": (332, 291),
    "access": (21, None),
    "faccessat": (269, 48),
    "faccessat2": (439, 439),
    "readlink": (89, None),
    "readlinkat": (267, 78),
    "getcwd": (79, 17),
    # memory of its own
    "munmap": (11, 215),
    "mremap": (25, 216),
    "brk": (12, 214),
    # threads of its own
    "exit": (60, 93),
    "exit_group": (231, 94),
    "gettid": (186, 178),
    "set_robust_list": (273, 99),
    "rseq": (334, 293),
    "sched_yield": (24, 124),
    "getcpu": (309, 168),
    # signals within the process
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "restart_syscall": (219, 128),  # the kernel's own, after a stop
    # the time: most machines tell it without a call
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "gettimeofday": (96, 169),
    "time": (201, None),
    "nanosleep": (35, 101),
    "clock_nanosleep": (230, 115),
    "select": (23, None),  # time.sleep of Python 3.10
    "pselect6": (270, 72),
    # facts: these cannot fail elsewhere, so nobody looks whether they did
    "getpid": (39, 172),
    "getppid": (110, 173),
    "getuid": (102, 174),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getegid": (108, 177),
    "uname": (63, 160),
    "sysinfo": (99, 179),
    "getrusage": (98, 165),
    "times": (100, 153),
    "getrandom": (318, 278),
    # the channel: its socket is there, and no other can be made
    "sendmsg": (46, 211),
    "recvmsg": (47, 212),
}

_O_TMPFILE = 0o20000000  # the bit that O_TMPFILE has beside O_DIRECTORY
_CHANGING = os.O_ACCMODE | os.O_CREAT | os.O_TRUNC | _O_TMPFILE
_PROT_WRITE, _PROT_EXEC, _SHARED = 2, 4, 1  # the last is in both of MAP_SHARED and MAP_SHARED_VALIDATE
_CLONE_THREAD, _FLAGS_OF_PTHREADS = 0x00010000, 0x007D0F00
# WAIT, WAKE, REQUEUE, CMP_REQUEUE, WAKE_OP, WAIT_BITSET, WAKE_BITSET; not those of priority inheritance
_FUTEXES, _FUTEX_COMMAND = (0, 1, 3, 4, 5, 9, 10), 0x7F
# NORMAL to DONTNEED, FREE, HUGEPAGE, NOHUGEPAGE, DONTDUMP, DODUMP, GUARD_INSTALL, GUARD_REMOVE
_ADVICE = (0, 1, 2, 3, 4, 8, 14, 15, 16, 17, 102, 103)
_TCGETS, _TCGETS2, _FIONCLEX, _FIOCLEX = 0x5401, 0x802C542A, 0x5450, 0x5451
_F_DUPFD, _F_GETFD, _F_SETFD, _F_GETFL, _F_DUPFD_CLOEXEC = 0, 1, 2, 3, 1030
_PR_SET_NAME, _PR_GET_NAME = 15, 16
_ARCH_OF_AMX = (0x1021, 0x1022, 0x1023)  # ARCH_GET_XCOMP_SUPP, ARCH_GET_XCOMP_PERM, ARCH_REQ_XCOMP_PERM


def checked(pid: int) -> Checked:
    """The calls of which the arguments decide. pid: of the process that the filter is for."""
    own = Check(0, (0, pid))
    return {
        # files are opened to be read; Landlock says which
        "open": ((2, None), (lacks(1, _CHANGING),)),
        "openat": ((257, 56), (lacks(2, _CHANGING),)),
        # is it a terminal; shall the next program have it. FIONBIO and the like would change what the supervisor shares
        "ioctl": ((16, 29), (Check(1, (_TCGETS, _TCGETS2, _FIONCLEX, _FIOCLEX)),)),
        "fcntl": ((72, 25), (Check(1, (_F_DUPFD, _F_GETFD, _F_SETFD, _F_GETFL, _F_DUPFD_CLOEXEC)),)),
        # libraries are mapped, so code may be; never what is written, nor what others see, such as an output
        "mmap": ((9, 222), (Check(2, (0, _PROT_WRITE, _PROT_EXEC), _PROT_WRITE | _PROT_EXEC), lacks(3, _SHARED))),
        "mprotect": ((10, 226), (lacks(2, _PROT_EXEC),)),
        "madvise": ((28, 233), (Check(2, _ADVICE),)),
        # a thread, as the C library starts it
        "clone": ((56, 220), (has(0, _CLONE_THREAD), lacks(0, 0xFFFFFFFF ^ _FLAGS_OF_PTHREADS))),
        "futex": ((202, 98), (Check(1, _FUTEXES, _FUTEX_COMMAND),)),
        "sched_getaffinity": ((204, 123), (own,)),
        "prctl": ((157, 167), (Check(0, (_PR_SET_NAME, _PR_GET_NAME)),)),
        # onnxruntime asks for AMX, where an Intel CPU has it
        "arch_prctl": ((158, None), (Check(0, _ARCH_OF_AMX),)),
        # abort; the size of a thread's stack. A limit cannot be set: its new value is a null pointer
        "tgkill": ((234, 131), (Check(0, (pid,)),)),
        "prlimit64": ((302, 261), (own, Check(2, (0,)), Check(2, (0,), upper=True))),
    }
