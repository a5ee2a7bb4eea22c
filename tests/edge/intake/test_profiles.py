from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from edge.config.options import Options
from edge.intake.profiles import Profiles
from matting.errors import SettingsError


def with_profile(root: Path, background: str) -> Options:
    """The options of a photo in a sub-folder whose profile asks for that background."""
    (root / "inbox" / "guests").mkdir(parents=True)
    (root / "inbox" / "guests" / "edge-matting.toml").write_text(f'background = "{background}"\n')
    (root / "backgrounds").mkdir()
    (root / "backgrounds" / "white").touch()
    (root / "secret").touch()
    return Profiles(root / "inbox", Options(), root / "backgrounds").options_for(PurePosixPath("guests/a.jpg"))


@pytest.mark.parametrize("name", ["white", "none", "#FFF"])
def test_what_is_no_file_stays_as_it_is(tmp_path: Path, name: str) -> None:
    assert with_profile(tmp_path, name) == Options(background=name)


def test_a_file_may_have_a_colours_name(tmp_path: Path) -> None:
    assert with_profile(tmp_path, "./white") == Options(background=str(tmp_path / "backgrounds" / "white"))


@pytest.mark.parametrize("name", ["beach.jpg", "../secret", "./../secret", "..", ".", "/etc/passwd", "a/../white"])
def test_a_profile_reaches_no_other_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="is not a picture in"):
        with_profile(tmp_path, name)


def test_a_byte_order_mark_before_a_profile_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "guests").mkdir()
    (tmp_path / "guests" / "edge-matting.toml").write_text('format = "webp"\n', encoding="utf-8-sig")
    assert Profiles(tmp_path, Options(), tmp_path).options_for(PurePosixPath("guests/a.jpg")).format == "webp"
