"""The coming and going of versions: installed, upgraded, not upgraded, removed."""

from __future__ import annotations

from scripts.prove.boot.guest import Guest, GuestError
from scripts.prove.boot.hot import HOT, PYTHON, cut_one

CONFIG = "/etc/edge-matting/edge-matting.toml"
# Less what every boot makes anew.
PASSING = ("/root/*", "/tmp/*", "/var/tmp/*", "/var/log/*", "/var/cache/*")
PLACES = "find / -xdev " + " ".join(f"-not -path '{path}'" for path in PASSING)
EVERYTHING = f"{{ {PLACES}; cat /etc/passwd /etc/group; }} | sort"
TWO = "[ $(ls /opt/edge-matting | wc -l) = 2 ]"  # a version, and the link to it


def installed(guest: Guest) -> None:
    guest.ask(f"{EVERYTHING} >/root/before")
    guest.ask("cd /root && tar xf first.tar && edge-matting-*/scripts/install", 1200)


def upgraded(guest: Guest) -> None:
    guest.ask(f"cd /root && tar xf second.tar && echo '# mine' >>{CONFIG} && edge-matting-9.9.9/scripts/install", 1200)
    guest.ask(f"{PYTHON} -m pip list 2>/dev/null | grep -i 'edge-matting *9.9.9'")
    guest.ask(f"tail -1 {CONFIG} | grep mine && {TWO}")
    cut_one(guest, "upgraded")


def failed_upgrade(guest: Guest) -> None:
    before = guest.ask("readlink /opt/edge-matting/current")
    guest.ask("cd /root && rm edge-matting-9.9.9/wheels/onnxruntime*; ! edge-matting-9.9.9/scripts/install", 600)
    guest.ask(f"[ $(readlink /opt/edge-matting/current) = {before} ] && {TWO}")
    cut_one(guest, "still")


def removed(guest: Guest) -> None:
    guest.ask("cp -r /opt/edge-matting/current/share /root/share && sh /root/share/uninstall --purge", 120)
    unlike = f"{EVERYTHING} >/root/after; diff /root/before /root/after | grep '^[<>]' | grep -v /var/lib/systemd/ || true"
    difference = guest.ask(unlike)
    if difference:
        raise GuestError(difference)
    guest.ask(f"[ ! -e {HOT} ]")
