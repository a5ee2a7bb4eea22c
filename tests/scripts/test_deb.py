"""The Debian package that scripts/bundle makes: what it says and holds, and its life in a Debian without network."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "scripts"
PYTHON = "3.11"  # bookworm's
VERSION = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)[1]  # type: ignore[index]
CONFIG = "/etc/edge-matting/edge-matting.toml"

needs_dpkg = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is not installed")
pytestmark = [pytest.mark.slow, needs_dpkg]


def run(*command: str | Path, **environment: str) -> str:
    env, pipe = {**os.environ, "PYTHON": sys.executable, **environment}, subprocess.PIPE
    result = subprocess.run(command, cwd=ROOT, env=env, stdout=pipe, stderr=subprocess.STDOUT, text=True, check=False)
    assert result.returncode == 0, result.stdout
    return result.stdout


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tar; the package lies beside it."""
    folder = tmp_path_factory.mktemp("bundle")
    tried = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder / "tried"), "wheel"]
    if subprocess.run(tried, capture_output=True, check=False).returncode != 0:
        pytest.skip("pip reaches no package index: the wheels cannot be fetched")
    tar = folder / "bundle.tar"
    run(SCRIPTS / "bundle", "--arch", "x86_64", "--python", PYTHON, "--out", tar)
    return tar


@pytest.fixture(scope="module")
def deb(bundle: Path) -> Path:
    return bundle.with_name(f"edge-matting_{VERSION}_amd64.deb")


def newer(bundle: Path, version: str, folder: Path, without: str = "") -> Path:
    """The same package with a higher number, less the wheels of one name."""
    tree = folder / f"edge-matting-{version}"
    tree.mkdir()
    run("tar", "xf", bundle, "-C", tree, "--strip-components", "1")
    sources = folder / f"sources-{version}"
    shutil.copytree(ROOT, sources, ignore=shutil.ignore_patterns(".*", "tests", "demo-out"))
    project = sources / "pyproject.toml"
    project.write_text(project.read_text().replace(f'version = "{VERSION}"', f'version = "{version}"', 1))
    shutil.copy(project, tree)
    for wheel in [*tree.glob("wheels/edge_matting-*"), *(tree.glob(f"wheels/{without}*") if without else [])]:
        wheel.unlink()
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tree / "wheels", sources)
    run(SCRIPTS / "deb" / "build", tree, "x86_64", PYTHON, folder, SOURCE_DATE_EPOCH="1700000000")
    return folder / f"edge-matting_{version}_amd64.deb"


@pytest.fixture
def scripts(deb: Path, tmp_path: Path) -> list[Path]:
    run("dpkg-deb", "--control", deb, tmp_path / "control")
    return [tmp_path / "control" / name for name in ("postinst", "prerm", "postrm")]


def test_the_wheel_holds_what_is_compiled_for_the_board(bundle: Path, tmp_path: Path) -> None:
    run("tar", "xf", bundle, "-C", tmp_path, "--strip-components", "1")
    (wheel,) = tmp_path.glob("wheels/edge_matting-*-py3-none-manylinux_*_x86_64.whl")
    with zipfile.ZipFile(wheel) as archive:
        header = archive.read("matting/native/pixels.so")[:20]
    assert header.startswith(b"\x7fELF") and header[18:20] == b"\x3e\0", "x86-64, by elf(5)"


def test_the_control_fields(deb: Path) -> None:
    def field(name: str) -> str:
        return run("dpkg-deb", "--field", deb, name).strip()

    assert (field("Package"), field("Version"), field("Architecture")) == ("edge-matting", VERSION, "amd64")
    assert {"python3-venv", f"python{PYTHON}", "systemd", "passwd"} <= set(field("Depends").split(", "))
    assert int(field("Installed-Size")) > 50_000  # KiB


def test_all_files_are_roots_and_none_lies_where_the_service_is_built_or_set_up(deb: Path) -> None:
    lines = run("dpkg-deb", "--contents", deb).splitlines()
    assert all(line.split()[1] == "root/root" for line in lines)
    files = {line.split()[5].removeprefix(".") for line in lines if not line.startswith("d")}
    assert all(file.startswith(("/usr/lib/edge-matting/", "/usr/share/doc/edge-matting/")) for file in files)
    parts = ("scripts/install", "scripts/uninstall", "scripts/common.sh", "pyproject.toml", "systemd/edge-matting.service")
    for name in parts:
        assert f"/usr/lib/edge-matting/{name}" in files
    assert any("/wheels/edge_matting-" in file for file in files) and any("/wheels/onnxruntime-" in file for file in files)


def test_the_same_files_make_the_same_package(bundle: Path, tmp_path: Path) -> None:
    made = []
    for number in range(2):
        tree = tmp_path / str(number) / "tree"
        tree.mkdir(parents=True)
        run("tar", "xf", bundle, "-C", tree, "--strip-components", "1")
        run(SCRIPTS / "deb" / "build", tree, "x86_64", PYTHON, tree.parent, SOURCE_DATE_EPOCH="1700000000")
        made.append((tree.parent / f"edge-matting_{VERSION}_amd64.deb").read_bytes())
    assert made[0] == made[1]


def test_its_scripts_are_shell_stop_at_errors_and_reach_for_no_network(scripts: list[Path]) -> None:
    for script in scripts:
        run("sh", "-n", script)
        if shutil.which("shellcheck"):
            run("shellcheck", "--exclude", "SC2034,SC2317", script)  # what it shares with others, and does not use itself
        text = script.read_text()
        assert "\nset -eu\n" in text and os.access(script, os.X_OK)
        assert not re.search(r"\b(curl|wget|apt|apt-get|pip)\b", text)


@pytest.mark.skipif(shutil.which("lintian") is None, reason="lintian is not installed")
def test_lintian_finds_nothing_but_what_is_known(deb: Path) -> None:
    """The maintainer is whom DEBEMAIL names; the units are no part of the package; pycuda packs its source itself."""
    known = "bogus-mail-host,bogus-mail-host-in-debian-changelog"
    known += ",maintainer-script-calls-systemctl,package-contains-timestamped-gzip"
    assert run("lintian", "--no-cfg", "--allow-root", "--suppress-tags", known, deb) == ""


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if os.getuid() != 0 or shutil.which("debootstrap") is None:
        pytest.skip("a Debian in a folder takes root and debootstrap")
    root = tmp_path_factory.mktemp("debian")
    packages = "python3,python3-venv,systemd"
    made = ["debootstrap", "--variant=minbase", f"--include={packages}", "bookworm", str(root)]
    if subprocess.run(made, capture_output=True, check=False).returncode != 0:
        pytest.skip("debootstrap reaches no archive, or may not make device nodes here")
    root.chmod(0o755)
    shutil.copy(ROOT / "models" / "portrait" / "example.jpg", root / "root")
    yield root
    shutil.rmtree(root, ignore_errors=True)


def there(root: Path, script: str) -> str:
    """In that Debian, in a network of its own that has no interface."""
    mounts = 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"'
    clean = ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive", "sh", "-euc", script]
    return run("unshare", "--net", "--mount", "--pid", "--fork", "sh", "-c", mounts, root, *clean)


CUT = "rm -rf /root/cut; /usr/local/bin/edge-matting cut /root/example.jpg --out /root/cut; [ -e /root/cut/example.png ]"
NEWEST = "readlink -f /opt/edge-matting/current"


def test_installed_upgraded_not_upgraded_removed_and_purged(bundle: Path, deb: Path, debian: Path, tmp_path: Path) -> None:
    """systemd does not run there: that the service starts, scripts/prove/boot shows."""
    for package in (deb, newer(bundle, "9.9.8", tmp_path), newer(bundle, "9.9.9", tmp_path, without="onnxruntime")):
        shutil.copy(package, debian / "root")
    install = "apt-get install --yes --quiet=2 /root/edge-matting_{}_amd64.deb"
    there(debian, f"{install.format(VERSION)}; {CUT}; [ -L /etc/systemd/system/multi-user.target.wants/edge-matting.service ]")
    there(debian, f"echo '# mine' >>{CONFIG}; {install.format('9.9.8')}; {CUT}")
    there(debian, f"tail -1 {CONFIG} | grep mine; [ $(ls /opt/edge-matting | wc -l) = 2 ]; {NEWEST} | grep 9.9.8")
    # The new one cannot even be built: apt says so, the old one stays.
    there(debian, f"if {install.format('9.9.9')}; then exit 1; fi; {NEWEST} | grep 9.9.8; {CUT}")
    there(debian, "cp /root/example.jpg /srv/edge-matting/done; touch /var/lib/edge-matting/journal")
    there(debian, f"apt-get remove --yes --quiet=2 edge-matting; [ ! -e /opt/edge-matting ]; grep mine {CONFIG}")
    there(debian, "[ ! -e /etc/systemd/system/edge-matting.service ]; [ -e /var/lib/edge-matting/journal ]")
    there(debian, "cp /var/lib/dpkg/info/edge-matting.postrm /root")
    said = there(debian, "apt-get purge --yes --quiet=2 edge-matting")
    assert "the photos in /srv/edge-matting stay" in said
    gone = ("/etc/edge-matting", "/var/lib/edge-matting", "/srv/edge-matting/inbox", "/etc/sysusers.d/edge-matting.conf")
    there(debian, f"! ls -d {' '.join(gone)} 2>/dev/null | grep .")
    assert there(debian, "stat -c %n /srv/edge-matting/done/*; id -un edge-matting").split() == [
        "/srv/edge-matting/done/example.jpg",
        "edge-matting",
    ]
    # And once more, without photos: then its user goes too.
    there(debian, "rm /srv/edge-matting/done/*; sh /root/edge-matting.postrm purge")
    there(debian, "[ ! -e /srv/edge-matting ]; ! id edge-matting")
