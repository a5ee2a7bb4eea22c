"""Opening what lies in the inbox, which anybody may have put there."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from edge.config.options import Options
from matting.errors import RefusedFile

_KINDS = {
    stat.S_ISFIFO: "a FIFO",
    stat.S_ISSOCK: "a socket",
    stat.S_ISCHR: "a device",
    stat.S_ISBLK: "a device",
}


@dataclass(frozen=True, slots=True)
class Advice:
    """What a refusal says to whoever put the file there. link: what a link is. special: what to do about a link, a device and
    the like; unreadable: about a file that may not be read."""

    link: str
    special: str
    unreadable: str


IN_INBOX = Advice(
    link="a symbolic link, which could lead outside the inbox",
    special="put the photo itself into the inbox",
    unreadable="give the service's user permission, then put it in again",
)


def open_input(inbox: Path, path: PurePosixPath, advice: Advice = IN_INBOX) -> int:
    """A descriptor of inbox/path for reading; no component of `path` is followed if it is a link.

    advice: for the sentence of a refusal.

    Raises:
        RefusedFile: not a plain file, or not readable.
        FileNotFoundError: gone meanwhile.
    """
    folder = os.open(inbox, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in path.parts[:-1]:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        _refuse_special(os.stat(path.name, dir_fd=folder, follow_symlinks=False).st_mode, advice)
        # Non-blocking, for the case that it became a FIFO since the look.
        return os.open(path.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except PermissionError as error:
        raise RefusedFile(f"the file may not be read: {advice.unreadable}") from error
    except NotADirectoryError as error:
        raise FileNotFoundError(*error.args) from error
    finally:
        os.close(folder)


def _refuse_special(mode: int, advice: Advice) -> None:
    words = advice.link if stat.S_ISLNK(mode) else next((words for is_kind, words in _KINDS.items() if is_kind(mode)), None)
    if words is not None:
        raise RefusedFile(f"not a plain file but {words}: {advice.special}")


def open_background(options: Options) -> int | None:
    """A descriptor of the background's picture, None where the background is none.

    Raises:
        OSError: it cannot be opened.
    """
    file = options.background_file
    return None if file is None else os.open(file, os.O_RDONLY | os.O_CLOEXEC)
