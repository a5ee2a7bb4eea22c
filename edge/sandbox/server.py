"""The system calls that the HTTP server makes once it is locked in: the worker's, and those of sockets that are open.

It cannot make a socket, bind one or connect anywhere: it takes connections from the socket that it bound before.
Found with strace, as `allowed` was. Numbers: see `checks`.
"""

from __future__ import annotations

from edge.sandbox import allowed
from edge.sandbox.checks import Check, Checked, Numbers

ALLOWED: dict[str, Numbers] = {
    **allowed.ALLOWED,
    # connections of the socket that is bound already
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "recvfrom": (45, 207),
    "sendto": (44, 206),
    "shutdown": (48, 210),
    "getsockname": (51, 204),
    "getpeername": (52, 205),
    "setsockopt": (54, 208),
    "getsockopt": (55, 209),
    # waiting for many of them
    "epoll_create1": (291, 20),
    "epoll_ctl": (233, 21),
    "epoll_wait": (232, None),
    "epoll_pwait": (281, 22),
    "poll": (7, None),
    "ppoll": (271, 73),
    # the body of a request, into the file that it was handed
    "pwrite64": (18, 68),
    "ftruncate": (77, 46),
}

_FIONBIO = 0x5421


def checked(pid: int) -> Checked:
    """The calls of which the arguments decide. pid: of the process that the filter is for."""
    found = allowed.checked(pid)
    numbers, (commands,) = found["ioctl"]
    # Connections are made not to wait.
    return {**found, "ioctl": (numbers, (Check(1, (*commands.values, _FIONBIO)),))}
