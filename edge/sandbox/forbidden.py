"""The system calls that a worker beside a driver (a GPU's, PyTorch's) is refused.

A list of what is forbidden: what a driver needs cannot be foreseen. Numbers: see `checks`.
"""

from __future__ import annotations

import os

from edge.sandbox.checks import Check, Checked, Numbers, has, lacks

FORBIDDEN: dict[str, Numbers] = {
    # other programs and processes
    **{"execve": (59, 221), "execveat": (322, 281), "fork": (57, None), "vfork": (58, None), "ptrace": (101, 117)},
    **{"process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "process_madvise": (440, 440), "tkill": (200, 130)},
    **{"pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424)},
    **{"rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240), "process_mrelease": (448, 448)},
    **{"setpriority": (141, 140), "ioprio_set": (251, 30), "sched_setattr": (314, 274)},
    **{"sched_setscheduler": (144, 119), "sched_setparam": (142, 118), "kcmp": (312, 272), "get_robust_list": (274, 100)},
    **{"migrate_pages": (256, 238), "move_pages": (279, 239), "personality": (135, 92)},
    # the network; and io_uring, which would open files and sockets past this filter
    **{"socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201)},
    **{"accept": (43, 202), "accept4": (288, 242)},
    **{"io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427)},
    # the file tree
    **{"creat": (85, None), "mkdir": (83, None), "mkdirat": (258, 34), "mknod": (133, None), "mknodat": (259, 33)},
    **{"unlink": (87, None), "unlinkat": (263, 35), "rmdir": (84, None), "rename": (82, None), "renameat": (264, 38)},
    **{"renameat2": (316, 276), "link": (86, None), "linkat": (265, 37), "symlink": (88, None), "symlinkat": (266, 36)},
    **{"truncate": (76, 45), "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452)},
    **{"chown": (92, None), "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54), "utime": (132, None)},
    **{"utimes": (235, None), "utimensat": (280, 88), "futimesat": (261, None), "open_by_handle_at": (304, 265)},
    **{"setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "setxattrat": (463, 463)},
    **{"removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16), "removexattrat": (466, 466)},
    # a disk's room, a file's attributes and locks, what happens in folders, the machine's caches
    **{"fallocate": (285, 47), "file_setattr": (469, 469), "flock": (73, 32), "name_to_handle_at": (303, 264)},
    **{"inotify_init": (253, None), "inotify_init1": (294, 26), "inotify_add_watch": (254, 27)},
    **{"inotify_rm_watch": (255, 28), "fanotify_init": (300, 262), "fanotify_mark": (301, 263)},
    **{"quotactl": (179, 60), "quotactl_fd": (443, 443), "sync": (162, 81), "syncfs": (306, 267)},
    **{"splice": (275, 76), "vmsplice": (278, 75), "tee": (276, 77)},
    # memory and queues that processes share by a name or a number
    **{"shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195), "mq_open": (240, 180), "mq_unlink": (241, 181)},
    **{"msgget": (68, 186), "msgsnd": (69, 189), "msgrcv": (70, 188), "msgctl": (71, 187)},
    **{"semget": (64, 190), "semop": (65, 193), "semtimedop": (220, 192), "semctl": (66, 191)},
    # the machine
    **{"reboot": (169, 142), "kexec_load": (246, 104), "kexec_file_load": (320, 294), "syslog": (103, 116)},
    **{"init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106)},
    **{"clock_settime": (227, 112), "clock_adjtime": (305, 266), "adjtimex": (159, 171), "settimeofday": (164, 170)},
    **{"sethostname": (170, 161), "setdomainname": (171, 162), "swapon": (167, 224), "swapoff": (168, 225)},
    **{"acct": (163, 89), "iopl": (172, None), "ioperm": (173, None), "vhangup": (153, 58)},
    # the kernel's wider surface
    **{"mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "unshare": (272, 97)},
    **{"setns": (308, 268), "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282)},
    **{"open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431)},
    **{"fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442), "open_tree_attr": (467, 467)},
    **{"keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218), "lookup_dcookie": (212, 18)},
    **{"nfsservctl": (180, 42), "sysfs": (139, None), "ustat": (136, None), "uselib": (134, None), "_sysctl": (156, None)},
}
# These must look as if the kernel had none, so that the C library falls back to calls whose arguments can be seen.
ABSENT: dict[str, Numbers] = {"clone3": (435, 435), "openat2": (437, 437)}
# The last call that was looked at. What a newer kernel adds looks absent too.
NEWEST = 469

_CLONE_THREAD = 0x00010000
_O_TMPFILE = 0o20000000  # the bit that O_TMPFILE has beside O_DIRECTORY
_CREATING = os.O_CREAT | os.O_TRUNC | _O_TMPFILE
# TIOCSTI, TIOCLINUX: what a terminal's reader gets. FIOSETOWN, SIOCSPGRP, FIOASYNC: signals for another process
_COMMANDS_TO_TERMINALS_AND_SOCKETS = (0x5412, 0x541C, 0x8901, 0x8902, 0x5452)
# Of file systems, by the letter in the second byte: 'f' for FS_IOC_SETFLAGS, encryption, verity, ext4's own; 0x94 for
# FICLONE and btrfs's own. Orin's fences have 'X' too, so that of these only numbers are refused: FSGETXATTR, FSSETXATTR;
# RESVSP, UNRESVSP, their 64-bit kin and ZERO_RANGE, which are fallocate; FIFREEZE, FITHAW, FITRIM. GETVERSION, SETVERSION
_LETTERS_OF_FILE_SYSTEMS, _LETTER = (0x6600, 0x9400), 0xFF00
_COMMANDS_TO_FILES = (
    *(0x801C581F, 0x401C5820, 0x40305828, 0x40305829, 0x4030582A, 0x4030582B, 0x40305839),
    *(0xC0045877, 0xC0045878, 0xC0185879, 0x80087601, 0x40087602),
)
# F_SETLK, F_SETLKW, F_SETOWN, F_SETSIG, F_SETOWN_EX, F_OFD_SETLK, F_OFD_SETLKW, F_SETLEASE, F_NOTIFY, F_ADD_SEALS,
# F_SET_RW_HINT, F_SET_FILE_RW_HINT
_COMMANDS_TO_DESCRIPTORS = (6, 7, 8, 10, 15, 37, 38, 1024, 1026, 1033, 1036, 1038)
_PR_SET_PDEATHSIG, _PR_SET_PTRACER = 1, 0x59616D61


def checked(pid: int) -> Checked:
    """The calls of which the arguments decide. pid: of the process that the filter is for."""
    own, own_or_zero = Check(0, (pid,)), Check(0, (0, pid))
    return {
        "clone": ((56, 220), (has(0, _CLONE_THREAD),)),
        # a driver opens its nodes for writing, which Landlock confines; nothing is created or emptied
        "open": ((2, None), (lacks(1, _CREATING),)),
        "openat": ((257, 56), (lacks(2, _CREATING),)),
        "kill": ((62, 129), (own,)),
        "tgkill": ((234, 131), (own,)),
        "sched_setaffinity": ((203, 122), (own_or_zero,)),
        "prlimit64": ((302, 261), (own_or_zero,)),
        "ioctl": (
            (16, 29),
            (
                Check(1, (*_COMMANDS_TO_TERMINALS_AND_SOCKETS, *_COMMANDS_TO_FILES), refuse=True),
                Check(1, _LETTERS_OF_FILE_SYSTEMS, _LETTER, refuse=True),
            ),
        ),
        "fcntl": ((72, 25), (Check(1, _COMMANDS_TO_DESCRIPTORS, refuse=True),)),
        "prctl": ((157, 167), (Check(0, (_PR_SET_PDEATHSIG, _PR_SET_PTRACER), refuse=True),)),
    }
