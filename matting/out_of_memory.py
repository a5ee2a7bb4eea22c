"""Want of memory, in the words of each library that a photo goes through."""

from __future__ import annotations

import cv2

# Of a fault without a type of its own: CPython's when a thread's stack cannot be had, and onnxruntime's two ways.
_WORDS = ("can't start new thread", "Failed to allocate memory", "bad_alloc")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether it says that memory ran out, rather than that something is wrong with the photo or with us."""
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, cv2.error):
        return bool(getattr(error, "code", None) == cv2.Error.StsNoMem)
    return any(word in str(error) for word in _WORDS)
