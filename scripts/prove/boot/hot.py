"""Photos in the guest's hot folders, and what must have become of them."""

from __future__ import annotations

import time
from collections.abc import Sequence

from scripts.prove.boot.guest import Guest, GuestError

HOT = "/srv/edge-matting"
PYTHON = "/opt/edge-matting/current/bin/python"
MAIN = "$(systemctl show -P MainPID edge-matting)"
WORKER = "$(grep -la 'edge[.]worker' /proc/[0-9]*/cmdline 2>/dev/null | head -1 | cut -d/ -f3)"


def drop(name: str, hot: str = HOT) -> str:
    """Into the inbox, written elsewhere and renamed. What became of it when the step was tried before goes."""
    before = f"{hot}/outbox/{name}.png {hot}/done/{name}.jpg"
    return f"rm -f {before} && cp /root/example.jpg {hot}/.{name} && mv {hot}/.{name} {hot}/inbox/{name}.jpg"


def delivered(name: str, hot: str = HOT) -> str:
    return f"[ -e {hot}/outbox/{name}.png ] && [ -e {hot}/done/{name}.jpg ]"


def says(word: str) -> str:
    """Of the service that runs now: its line in `systemctl status`."""
    return f"systemctl show -P StatusText edge-matting | grep -q '{word}'"


def cut_one(guest: Guest, name: str, hot: str = HOT) -> None:
    guest.ask(drop(name, hot))
    guest.wait(delivered(name, hot), 180)


def emptied(hot: str = HOT) -> str:
    return f'[ -d {hot}/inbox ] && [ -z "$(ls {hot}/inbox)" ]'


def check_places(guest: Guest, names: Sequence[str], hot: str = HOT) -> None:
    """Each photo once in all folders, with one cut-out; every output whole; no temporary left."""
    guest.wait(emptied(hot), 600)
    time.sleep(3)
    for name in names:
        places = guest.ask(f"find {hot} -name '{name}.jpg' | wc -l; find {hot}/outbox -name '{name}*.png' | wc -l")
        if places.split() != ["1", "1"]:
            raise GuestError(guest.ask(f"find {hot} -name '{name}*'; journalctl -u edge-matting | tail -100"))
    look = f"import glob; from PIL import Image; [Image.open(f).load() for f in glob.glob('{hot}/outbox/*')]"
    guest.ask(f'{PYTHON} -c "{look}"')
    hidden = guest.ask(f"find {hot} -name '.*' -type f")
    if hidden:
        raise GuestError(f"left over: {hidden}")
