from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

import edge
import matting
from edge.config import load
from edge.config.hooks import HooksOptions
from edge.config.http import HttpOptions
from edge.config.load import ConfigError, load_config, load_profile, service_config
from edge.config.schema import KEYS

NAMED = re.compile(rf"(?<![\w/.-])({'|'.join(KEYS)})\.([a-z_]+)")
FILES = ("mkv", "jpg", "mjpg", "log", "plan")


def run(config: Path, *command: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "edge.cli", *command, "--config", str(config)]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)


def write(folder: Path, text: str) -> Path:
    path = folder / "edge-matting.toml"
    path.write_text(text)
    return path


def test_all_mistakes_come_at_once_with_line_and_expectation(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        '[hotfolder]\ninbox = "in"\noutbx = "out"\nsettle_seconds = "soon"\n\n'
        '[matting]\nerode = 9\nformat = "gif"\n\n[colour]\n',
    )
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    lines = str(caught.value).splitlines()[1:]
    assert len(lines) == 5
    for line, words in zip(
        sorted(lines, key=lambda text: int(text.split(":")[0].split()[1])),
        [
            ("line 3", "outbx", "outbox"),
            ("line 4", "settle_seconds", "'soon'", "a number from"),
            ("line 7", "erode", "9", "a whole number from 0 to 5"),
            ("line 8", "format", "'gif'", '"png"'),
            ("line 10", "colour", "hotfolder"),
        ],
        strict=True,
    ):
        assert all(word in line for word in words), line


@pytest.mark.parametrize(
    ("key", "home"),
    [("inbox", "write it below [hotfolder]"), ("background", "[matting] or [live]"), ("outbx", "no section has it")],
)
def test_a_key_above_any_section_is_told_where_it_belongs(tmp_path: Path, key: str, home: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, f'\n{key} = "in"\n[matting]\nerode = 1\n'))
    assert f"line 2: {key} stands above any [section]" in str(caught.value)
    assert home in str(caught.value)


def test_a_syntax_error_says_where(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=rf"{tmp_path}.* is not TOML.*line 2"):
        load_config(write(tmp_path, "[hotfolder]\ninbox = in\n"))


def test_no_days_to_keep_is_not_taken_for_off(tmp_path: Path) -> None:
    """Nor for "remove at once": which of the two is meant cannot be known."""
    with pytest.raises(ConfigError, match=r"line 2: retention\.done_days is 0"):
        load_config(write(tmp_path, "[retention]\ndone_days = 0\n"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('inbox = "a"\noutbox = "a"', "outbox is the inbox itself"),
        ('inbox = "a"\noutbox = "a/b"', "lies inside the inbox"),
        ('inbox = "a/b"\noutbox = "a"', "contains the inbox"),
        ('inbox = "a"\ndone = "b"\nfailed = "b/../b"', "are the same folder"),
        ('inbox = "a"\noutbox = "link"', "outbox is the inbox itself"),
    ],
)
def test_folders_that_would_feed_the_service_its_own_output_are_refused(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "link").symlink_to("a")
    with pytest.raises(ConfigError, match=rf"line [234]: .*{sentence}"):
        load_config(write(tmp_path, f"[hotfolder]\n{text}\n"))


def test_paths_are_relative_to_the_config(tmp_path: Path) -> None:
    (tmp_path / "beach.jpg").touch()
    config = load_config(write(tmp_path, '[hotfolder]\ninbox = "in"\nfailed = "x/bad"\n[matting]\nbackground = "beach.jpg"\n'))
    assert config.folders.inbox == tmp_path / "in"
    assert config.folders.no_person == tmp_path / "x" / "no-person"
    assert config.options.background == str(tmp_path / "beach.jpg")


@pytest.mark.parametrize(("name", "file"), [("white", None), ("./white", "white"), ("#FFF", None), ("blur.jpg", "blur.jpg")])
def test_a_colours_name_is_a_colour_and_with_a_dot_a_file(tmp_path: Path, name: str, file: str | None) -> None:
    if file is not None:
        (tmp_path / file).touch()
    config = load_config(write(tmp_path, f'[matting]\nbackground = "{name}"\n'))
    assert config.options.background == (name if file is None else str(tmp_path / file))
    assert config.options.background_file == (None if file is None else str(tmp_path / file))


@pytest.mark.parametrize(("name", "format"), [("jpg", "jpeg"), ("JPEG", "jpeg"), ("Tif", "tiff"), ("png", "png")])
def test_a_format_goes_by_what_people_call_it(tmp_path: Path, name: str, format: str) -> None:
    assert load_config(write(tmp_path, f'[matting]\nformat = "{name}"\n')).options.format == format
    assert load_profile(f'format = "{name}"\n') == {"format": format}


@pytest.mark.parametrize("name", ["none", "blur", "#12", ""])
def test_live_video_has_something_behind_it_that_stays(tmp_path: Path, name: str) -> None:
    text = f'[camera]\nsource = "test://"\n[live]\nfile = "a.mkv"\nbackground = "{name}"\n'
    with pytest.raises(ConfigError, match=r'line 5: live\.background .*"#RRGGBB", "white" or a picture file'):
        load_config(write(tmp_path, text))


@pytest.mark.parametrize("name", ["nowhere.jpg", "."])
def test_a_background_that_is_no_file_is_a_mistake_with_its_line(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, f'[matting]\nerode = 1\nbackground = "{tmp_path / name}"\n')
    result = run(path, "run", "--once")
    assert result.returncode == 3 and "1 mistake" in result.stderr
    assert "line 3: matting.background: " in result.stderr and "a picture file" in result.stderr
    assert "not running" in run(path, "status").stderr, "who asks how a service is needs no picture"


@pytest.mark.parametrize("name", ["$HOME/in", "${HOME}/in", "/srv/$USER", "in-${USER}"])
def test_a_variable_in_a_path_is_refused_as_nothing_replaces_it(tmp_path: Path, name: str) -> None:
    result = run(write(tmp_path, f'[hotfolder]\ninbox = "{name}"\n'), "run", "--once")
    assert result.returncode == 3
    assert "line 2: hotfolder.inbox" in result.stderr and "written out, or begins with ~" in result.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["edge-matting.toml"]


def test_a_dollar_that_is_no_variable_may_be_in_a_path(tmp_path: Path) -> None:
    assert load_config(write(tmp_path, '[hotfolder]\ninbox = "cash$box/5$"\n')).folders.inbox == tmp_path / "cash$box" / "5$"


def test_a_byte_order_mark_before_the_text_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "edge-matting.toml"
    path.write_text("[matting]\nerode = 2\n", encoding="utf-8-sig")
    assert load_config(path).options.erode == 2


def test_every_key_that_a_sentence_names_is_one() -> None:
    """Of all strings in the code: service.state was advised once, and there is no such key."""
    strays = []
    for path in [*Path(edge.__file__).parent.rglob("*.py"), *Path(matting.__file__).parent.rglob("*.py")]:
        words = [each.value for each in ast.walk(ast.parse(path.read_text())) if isinstance(each, ast.Constant)]
        named = [found for word in words if isinstance(word, str) for found in NAMED.findall(word)]
        strays += [
            (path.name, f"{section}.{key}") for section, key in named if key not in KEYS[section] and not _file(section, key)
        ]
    assert strays == []


def _file(section: str, word: str) -> bool:
    """Whether section.word is the name of a file, or of a module, or of one of ASGI's messages."""
    return (
        word in FILES
        or (section == "http" and word in ("response", "disconnect"))
        or (section == "matting" and importlib.util.find_spec(f"matting.{word}") is not None)
    )


def test_without_a_config_everything_lies_in_hot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folders = load_config(None).folders
    assert {folders.inbox.parent, folders.outbox.parent, folders.done.parent, folders.state.parent} == {tmp_path / "hot"}


def test_the_running_service_is_found_without_its_config_being_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(load, "INSTALLED", write(tmp_path, '[hotfolder]\ninbox = "/srv/in"\n'))
    assert service_config(None).folders.inbox == Path("/srv/in")
    (tmp_path / "hot").mkdir()
    assert service_config(None).folders.inbox == tmp_path / "hot" / "inbox"


def test_a_profile_takes_only_what_it_may_override() -> None:
    assert load_profile('preset = "avatar"\nbackground = "#fff"\n') == {"preset": "avatar", "background": "#fff"}
    with pytest.raises(ConfigError, match=r"line 2: unknown key outbox"):
        load_profile('format = "webp"\noutbox = "/etc"\n')
    with pytest.raises(ConfigError, match="id-photo"):
        load_profile('preset = "passport"\n')


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:9464", ("127.0.0.1", 9464)),
        ("localhost:1", ("127.0.0.1", 1)),
        ("[::1]:9464", ("::1", 9464)),
        ("0.0.0.0:9464", ("0.0.0.0", 9464)),
    ],
)
def test_an_address_to_listen_on_is_ipv4_or_ipv6(tmp_path: Path, text: str, address: tuple[str, int]) -> None:
    assert load_config(write(tmp_path, f'[http]\nlisten = "{text}"\nkey_file = "key"\n')).http == HttpOptions(
        address, tmp_path / "key"
    )


@pytest.mark.parametrize("text", ["9464", ":9464", "::1:9464", "[127.0.0.1]:9464", "127.0.0.1:0", "127.0.0.1:x", "booth:80"])
def test_what_is_no_address_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=r"line 2: http\.listen"):
        load_config(write(tmp_path, f'[http]\nlisten = "{text}"\n'))


def test_metrics_go_into_a_file_that_node_exporter_reads(tmp_path: Path) -> None:
    assert load_config(write(tmp_path, '[metrics]\ntextfile = "a/edge.prom"\n')).textfile == tmp_path / "a" / "edge.prom"
    with pytest.raises(ConfigError, match=r"\.prom"):
        load_config(write(tmp_path, '[metrics]\ntextfile = "edge.txt"\n'))


def test_a_log_level_may_be_shouted(tmp_path: Path) -> None:
    assert load_config(write(tmp_path, '[service]\nlog_level = "WARNING"\n')).log_level == "warning"
    with pytest.raises(ConfigError, match='"debug"'):
        load_config(write(tmp_path, '[service]\nlog_level = "loud"\n'))


@pytest.mark.parametrize(
    "value",
    ['"~no-such-user/in"', '"a\\u0000b"', "0x" + "f" * 5000, "9" * 5000],
    ids=["home", "null", "hexadecimal", "decimal"],
)
def test_what_python_cannot_take_is_a_mistake_like_any_other(tmp_path: Path, value: str) -> None:
    with pytest.raises(ConfigError):
        load_config(write(tmp_path, f"[hotfolder]\ninbox = {value}\n"))


@pytest.mark.parametrize(
    ("lines", "mistake"),
    [
        ('listen = "0.0.0.0:7000"', r"line 2: http\.listen is open to other machines, which needs http\.key_file"),
        ('key_file = "key"', r"line 2: http needs http\.listen"),
        ('listen = "127.0.0.1:7000"\ncertificate = "a.pem"', r"line 3: http\.certificate alone is no HTTPS"),
        ('listen = "127.0.0.1:7000"\nhosts = ["a b"]', r"line 3: http\.hosts is \['a b'\]"),
        ('listen = "127.0.0.1:7000"\norigins = ["*"]', r"line 3: http\.origins is"),
    ],
)
def test_http_that_is_open_or_half_described_is_refused(tmp_path: Path, lines: str, mistake: str) -> None:
    with pytest.raises(ConfigError, match=mistake):
        load_config(write(tmp_path, f"[http]\n{lines}\n"))


def test_hooks_are_an_address_a_program_and_a_json(tmp_path: Path) -> None:
    text = 'url = "https://booth.lan:8443/a?key=b"\ncommand = ["/bin/a", "", "$HOME"]\ntimeout_seconds = 3\njson = true\n'
    options = HooksOptions("https://booth.lan:8443/a?key=b", ("/bin/a", "", "$HOME"), 3.0, True)
    assert load_config(write(tmp_path, f"[hooks]\n{text}")).hooks == options
    assert load_config(write(tmp_path, "")).hooks == HooksOptions(None, (), 10.0, False)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        *(
            (f'url = "{url}"', "an address, such as")
            for url in ["ftp://a/b", "booth/a", "http://", "http://a b/", "http:///a"]
        ),
        *((f'url = "{url}"', "an address, such as") for url in ["http://a:0/", "http://a:99999/", "http://ä/", "http://a#b"]),
        *((f'url = "{url}"', "an address, such as") for url in ["http://a..b/", f"http://{'a' * 64}.b/", "http://[::/", ""]),
        ('url = "http://me:secret@a/"', "without name and password"),
        ('command = "/bin/a b"', "a program's absolute path and its arguments"),
        ("command = []", "a program's absolute path and its arguments"),
        ('command = ["/bin/a", 1]', "a program's absolute path and its arguments"),
        ('command = ["/bin/a\\u0000"]', "a program's absolute path and its arguments"),
        ('command = ["a"]', "absolute path in its first place"),
        ("json = 1", "true or false"),
        ("timeout_seconds = 0", "a number from 1 to 600"),
        ("timeout = 5", "unknown key hooks.timeout, expected one of url, command, timeout_seconds, json"),
    ],
)
def test_a_hook_that_cannot_be_told_is_a_mistake_with_its_line(tmp_path: Path, line: str, expected: str) -> None:
    with pytest.raises(ConfigError, match="line 2") as caught:
        load_config(write(tmp_path, f"[hooks]\n{line}\n"))
    assert expected in str(caught.value)
