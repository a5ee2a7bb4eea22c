"""Limits of the kernel's that a process sets itself (setrlimit(2)), before it gives up the setting of limits too."""

from __future__ import annotations

import resource


def lower(kind: int, most: int) -> None:
    """kind: one of `resource.RLIMIT_...`. A limit that is lower already stays."""
    hard = resource.getrlimit(kind)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (most, most))
