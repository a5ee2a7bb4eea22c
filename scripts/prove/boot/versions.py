"""The coming and going of versions, from the tar and from the Debian package: installed, upgraded, not upgraded, removed."""

from __future__ import annotations

from scripts.prove.boot.guest import Guest, GuestError
from scripts.prove.boot.hot import HOT, PYTHON, cut_one

CONFIG = "/etc/edge-matting/edge-matting.toml"
# Less what every boot makes anew.
PASSING = ("/root/*", "/tmp/*", "/var/tmp/*", "/var/log/*", "/var/cache/*")
PLACES = "find / -xdev " + " ".join(f"-not -path '{path}'" for path in PASSING)
EVERYTHING = f"{{ {PLACES}; cat /etc/passwd /etc/group; }} | sort"
INSTALL = "DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 /root/edge-matting_{}_amd64.deb"
TWO = "[ $(ls /opt/edge-matting | wc -l) = 2 ]"  # a version, and the link to it


def installed(guest: Guest) -> None:
    guest.ask(f"{EVERYTHING} >/root/before")
    guest.ask("cd /root && tar xf first.tar && edge-matting-*/scripts/install", 1200)


def upgraded(guest: Guest) -> None:
    guest.ask(f"cd /root && tar xf second.tar && echo '# mine' >>{CONFIG} && edge-matting-9.9.9/scripts/install", 1200)
    guest.ask(f"{PYTHON} -m pip list 2>/dev/null | grep -i 'edge-matting *9.9.9'")
    guest.ask(f"tail -1 {CONFIG} | grep mine && {TWO}")
    cut_one(guest, "upgraded")


def installed_from_deb(guest: Guest) -> None:
    guest.ask(f"{EVERYTHING} >/root/before")
    guest.ask(INSTALL.format("[0-8]*"), 1200)
    cut_one(guest, "packaged")


def upgraded_from_deb(guest: Guest) -> None:
    guest.ask(f"echo '# mine' >>{CONFIG} && {INSTALL.format('9.9.9')}", 1200)
    guest.ask(f"readlink /opt/edge-matting/current | grep 9.9.9 && tail -1 {CONFIG} | grep mine && {TWO}")
    cut_one(guest, "repackaged")


def purged(guest: Guest) -> None:
    """Photos stay, and the user whose they are. Without photos nothing is left."""
    guest.ask("DEBIAN_FRONTEND=noninteractive apt-get purge --yes edge-matting | grep 'photos in /srv/edge-matting stay'", 120)
    guest.ask(f"[ -e {HOT}/done/packaged.jpg ] && ! systemctl cat edge-matting && id edge-matting && [ ! -e {CONFIG} ]")
    guest.ask(f"rm -r {HOT} && userdel edge-matting")
    check_traces(guest, "/var/lib/systemd/|/var/lib/dpkg/|/var/lib/apt/")


def failed_upgrade(guest: Guest) -> None:
    before = guest.ask("readlink /opt/edge-matting/current")
    guest.ask("cd /root && rm edge-matting-9.9.9/wheels/onnxruntime*; ! edge-matting-9.9.9/scripts/install", 600)
    guest.ask(f"[ $(readlink /opt/edge-matting/current) = {before} ] && {TWO}")
    cut_one(guest, "still")


def removed(guest: Guest) -> None:
    guest.ask("cp -r /opt/edge-matting/current/share /root/share && sh /root/share/uninstall --purge", 120)
    check_traces(guest, "/var/lib/systemd/")
    guest.ask(f"[ ! -e {HOT} ]")


def check_traces(guest: Guest, others: str) -> None:
    """All places, users and groups are those of before the installation. others: what other programs note, a pattern."""
    unlike = f"{EVERYTHING} >/root/after; diff /root/before /root/after | grep '^[<>]' | grep -vE '{others}' || true"
    difference = guest.ask(unlike)
    if difference:
        raise GuestError(difference)
