"""Whether what the worker says can be: it touches what strangers sent, and somebody else may speak through it."""

from __future__ import annotations

from edge.service.job import Job
from edge.worker.manager import PhotoMessage
from edge.worker.messages import WRITE, PhotoCut, PhotoFailed, StageBegun
from matting.errors import known
from matting.pipeline import STAGES


def lie_in(message: PhotoMessage, job: Job) -> str:
    """What the worker did that no worker of ours does, to go on from "the worker"; "" where all is well. A photo that is said
    to be cut has its outputs sealed here."""
    if isinstance(message, StageBegun):
        return "" if message.stage in STAGES | {WRITE} else "spoke of a stage that there is not"
    if isinstance(message, PhotoFailed):
        return "" if known(message.error) else "spoke of an error that there is not"
    if isinstance(message, PhotoCut) and not STAGES.issuperset(message.stage_ms):
        return "spoke of a stage that there is not"
    if isinstance(message, PhotoCut) and not _possible(message):
        return "spoke of a person outside of the picture"
    try:
        job.seal()
    except OSError as error:
        return f"does not let go of an output ({error.strerror})"
    return ""


def _possible(message: PhotoCut) -> bool:
    """Whether the foreground lies within the output."""
    box = message.foreground
    if box is None:
        return True
    return 0 <= box.top <= box.bottom <= message.height and 0 <= box.left <= box.right <= message.width
