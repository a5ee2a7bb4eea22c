"""A sub-folder's own settings: `edge-matting.toml` in a folder of the inbox, which anybody may have put there."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from edge.config.load import load_profile
from edge.config.options import Options
from edge.fs.identity import Identity
from edge.fs.names import PROFILE, printable
from edge.intake.open_input import open_input
from matting.errors import RefusedFile, SettingsError

# The longest that makes sense has a few lines. Reading one of this length takes some milliseconds, whatever is in it.
LONGEST = 2048
_MOST_REMEMBERED = 64

_Profile = dict[str, Any] | SettingsError


class Profiles:
    """Reads each version of a profile once. defaults: the options that profiles override. backgrounds: the folder of the
    pictures that they may name."""

    def __init__(self, inbox: Path, defaults: Options, backgrounds: Path) -> None:
        self._inbox, self._defaults, self._backgrounds = inbox, defaults, backgrounds
        self._read: OrderedDict[tuple[PurePosixPath, Identity], _Profile] = OrderedDict()

    def options_for(self, photo: PurePosixPath) -> Options:
        """The options for a photo of the inbox: those of the nearest profile above it in a sub-folder, over the defaults.

        A profile's picture is a name within `backgrounds`: who may drop photos must not make the service read other files.

        Raises:
            SettingsError: the profile is wrong; the sentence says where.
            OSError: the inbox cannot be read.
        """
        for folder in photo.parents:
            if folder == PurePosixPath():
                break
            profile = self._profile(folder / PROFILE)
            if profile is not None:
                return self._with_background_file(self._defaults.overridden(dict(profile)), profile)
        return self._defaults

    def _profile(self, path: PurePosixPath) -> dict[str, Any] | None:
        try:
            descriptor = open_input(self._inbox, path)
        except FileNotFoundError:
            return None
        except RefusedFile as error:
            raise SettingsError(f"{printable(path)}: {error}") from error
        with os.fdopen(descriptor, "rb") as reader:
            key = path, Identity.of(os.fstat(reader.fileno()))
            if key not in self._read:
                self._read[key] = _parsed(path, reader.read(LONGEST + 1))
        self._read.move_to_end(key)
        if len(self._read) > _MOST_REMEMBERED:
            self._read.popitem(last=False)
        found = self._read[key]
        if isinstance(found, SettingsError):
            raise found
        return found

    def _with_background_file(self, options: Options, profile: Mapping[str, Any]) -> Options:
        name = options.background_file
        if name is None or "background" not in profile:
            return options
        plain = PurePosixPath(name)  # "./white" is the file "white": the bare word is a colour
        file = self._backgrounds / plain
        if plain.name != str(plain) or not file.is_file():
            raise SettingsError(f"background {name!r} is not a picture in {self._backgrounds}")
        return options.overridden({"background": str(file)})


def _parsed(path: PurePosixPath, data: bytes) -> _Profile:
    where = printable(path)
    if len(data) > LONGEST:
        return SettingsError(f"{where}: longer than {LONGEST} bytes, which no profile needs to be")
    try:
        return load_profile(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return SettingsError(f"{where}: not UTF-8 text")
    except SettingsError as error:
        return SettingsError(f"{where}: {printable(str(error))}")
