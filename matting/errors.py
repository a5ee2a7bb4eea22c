"""Every way a photo can go wrong.

    MattingError
    ├── PhotoError            the photo's own fault: it goes to failed/ with the sentence beside it
    │   ├── UnreadablePhoto   empty, cut short, or not a picture at all
    │   ├── UnsupportedPhoto  a picture of a kind that is not taken
    │   ├── PhotoTooLarge     more pixels, or more bytes, than the budget allows
    │   ├── RefusedFile       not a plain file: link, FIFO, socket, device, no permission
    │   ├── NoFaceFound       an ID photo is asked for, and no face looks into the camera
    │   ├── SeveralFaces      an ID photo is asked for, and there are more
    │   ├── FaceUnfit         turned away, upside down, too small, eyes closed or brow covered
    │   ├── OutsideRule       no picture of this photo can be to the rule that was asked for
    │   └── NoPersonFound     a verdict on a good photo: it goes to its own place
    ├── SettingsError         the caller asked for something that does not exist
    ├── ModelError            model files missing, altered or ill-described
    ├── EngineError           inference failed: the photo is worth another try
    │   ├── NoGpu             this machine has none, or not what it takes to use it
    │   └── GpuLost           a CUDA error: this process can use the GPU no more, and must end
    ├── OutOfMemory           this photo did not fit beside what else was in hand: another try, alone
    ├── OutputError           the output could not be written: wait, then try again
    ├── CameraError           the camera gives no picture, or nobody serves it
    └── NotRunning            no service works on this configuration

Each class knows its exit code (stable, part of the command line's contract) and where its photo goes.
The message is one sentence for a person: what is wrong, and what to do where there is something to do.
"""

from __future__ import annotations

from enum import Enum


class Place(str, Enum):
    """Where a photo goes after an error."""

    FAILED = "failed"
    NO_PERSON = "no-person"
    RETRY = "retry"


class MattingError(Exception):
    """Base of all errors raised on purpose; `str(error)` is the sentence for a person."""

    exit_code = 1
    place = Place.RETRY


class PhotoError(MattingError):
    """The photo is at fault; trying it again would end the same way."""

    exit_code = 10
    place = Place.FAILED


class UnreadablePhoto(PhotoError):
    """The bytes are not a whole picture."""

    exit_code = 11


class UnsupportedPhoto(PhotoError):
    """A picture, but of a format or shape that is not taken."""

    exit_code = 12


class PhotoTooLarge(PhotoError):
    """Refused before its pixels were allocated."""

    exit_code = 13


class RefusedFile(PhotoError):
    """Not a plain readable file inside the folder it was found in."""

    exit_code = 14


class NoPersonFound(PhotoError):
    """The matte holds nobody; a verdict on the photo, not a fault of it."""

    exit_code = 15
    place = Place.NO_PERSON


class NoFaceFound(PhotoError):
    """No face in a photo that an ID photo or avatar is to be made of."""

    exit_code = 16


class SeveralFaces(PhotoError):
    """More than one face in a photo that an ID photo is to be made of."""

    exit_code = 17


class FaceUnfit(PhotoError):
    """A face of which no ID photo can be made."""

    exit_code = 18


class OutsideRule(PhotoError):
    """What a specification asks for cannot be had from this photo: it lacks room, or its file cannot have that length."""

    exit_code = 19


class SettingsError(MattingError):
    """Arguments, configuration or profile ask for something that does not exist."""

    exit_code = 2
    place = Place.FAILED


class ModelError(MattingError):
    """A model's files are missing, altered or described wrongly."""

    exit_code = 20


class EngineError(MattingError):
    """The engine could not be made, or failed on this photo."""

    exit_code = 21


class NoGpu(EngineError):
    """No GPU, no driver, or a package missing: the same on every try, until somebody installs something."""

    exit_code = 24


class GpuLost(EngineError):
    """A CUDA error left this process's context unusable: every later call fails too, until the process ends."""

    exit_code = 23


class OutOfMemory(MattingError):
    """Memory within the budget ran out on this photo."""

    exit_code = 22


class OutputError(MattingError):
    """The output could not be written (disk full, folder gone, no permission)."""

    exit_code = 30


class CameraError(MattingError):
    """No picture could be taken: GStreamer or the camera is missing, busy or silent, or no service has it."""

    exit_code = 40


class NotRunning(MattingError):
    """No service runs on this configuration, or it hangs."""

    exit_code = 50


def known(name: str) -> bool:
    """Whether there is an error class of that name."""
    return name in _classes()


def by_name(name: str) -> type[MattingError]:
    """The error class called `name`; errors cross the process boundary as their name and sentence.

    Raises:
        KeyError: no error of that name.
    """
    return _classes()[name]


def _classes() -> dict[str, type[MattingError]]:
    classes = [MattingError]
    for cls in classes:
        classes.extend(cls.__subclasses__())
    return {cls.__name__: cls for cls in classes}
