"""Opening what lies in the inbox, which anybody may have put there."""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath

from edge.config.load import load_profile
from edge.config.options import Options
from edge.fs.names import PROFILE, printable
from matting.errors import RefusedFile, SettingsError

_LONGEST_PROFILE = 64 * 1024
_KINDS = {
    stat.S_ISLNK: "a symbolic link, which could lead outside the inbox",
    stat.S_ISFIFO: "a FIFO",
    stat.S_ISSOCK: "a socket",
    stat.S_ISCHR: "a device",
    stat.S_ISBLK: "a device",
}


def open_input(inbox: Path, path: PurePosixPath) -> int:
    """A descriptor of inbox/path for reading; no component of `path` is followed if it is a link.

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
        _refuse_special(os.stat(path.name, dir_fd=folder, follow_symlinks=False).st_mode)
        # Non-blocking, for the case that it became a FIFO since the look.
        return os.open(path.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except PermissionError as error:
        raise RefusedFile("the file may not be read: give the service's user permission, then put it in again") from error
    except NotADirectoryError as error:
        raise FileNotFoundError(*error.args) from error
    finally:
        os.close(folder)


def _refuse_special(mode: int) -> None:
    for is_kind, words in _KINDS.items():
        if is_kind(mode):
            raise RefusedFile(f"not a plain file but {words}: put the photo itself into the inbox")


def options_for(inbox: Path, path: PurePosixPath, defaults: Options, backgrounds: Path) -> Options:
    """The options for a photo: those of the nearest profile above it in a sub-folder, over the defaults.

    A profile's background file is a name within `backgrounds`: who may drop photos must not make the service read other files.

    Raises:
        SettingsError: the profile is wrong; the sentence says where.
    """
    for folder in path.parents:
        if folder == PurePosixPath():
            break
        text = _read_profile(inbox, folder / PROFILE)
        if text is not None:
            try:
                profile = load_profile(text)
            except SettingsError as error:
                raise SettingsError(f"{printable(folder / PROFILE)}: {error}") from error
            return _with_background_file(defaults.overridden(dict(profile)), profile, backgrounds)
    return defaults


def open_background(options: Options) -> int | None:
    """A descriptor of the background's picture, None where the background is none.

    Raises:
        OSError: it cannot be opened.
    """
    file = options.background_file
    return None if file is None else os.open(file, os.O_RDONLY | os.O_CLOEXEC)


def _read_profile(inbox: Path, path: PurePosixPath) -> str | None:
    try:
        descriptor = open_input(inbox, path)
    except FileNotFoundError:
        return None
    except RefusedFile as error:
        raise SettingsError(f"{printable(path)}: {error}") from error
    with os.fdopen(descriptor, "rb") as reader:
        data = reader.read(_LONGEST_PROFILE)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SettingsError(f"{printable(path)}: not UTF-8 text") from error


def _with_background_file(options: Options, profile: dict[str, str], backgrounds: Path) -> Options:
    name = options.background_file
    if name is None or "background" not in profile:
        return options
    plain = PurePosixPath(name)  # "./white" is the file "white": the bare word is a colour
    file = backgrounds / plain
    if plain.name != str(plain) or not file.is_file():
        raise SettingsError(f"background {name!r} is not a picture in {backgrounds}")
    return options.overridden({"background": str(file)})
