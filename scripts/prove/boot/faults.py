"""What a box meets that nobody watches: hung and killed processes, too little memory, no power."""

from __future__ import annotations

from scripts.prove.boot.guest import Guest, GuestError
from scripts.prove.boot.hot import HOT, MAIN, PYTHON, WORKER, check_places, cut_one, delivered, drop, says
from scripts.prove.boot.versions import CONFIG

CGROUP = "/sys/fs/cgroup/system.slice/edge-matting.service"
MORE_THAN_MANY = 6  # starts after which edge/service/starts.py becomes careful, and one


def hung_worker(guest: Guest) -> None:
    before = guest.ask(f"echo {WORKER}; kill -STOP {WORKER}")
    guest.ask(drop("hung"))
    guest.wait(delivered("hung"), 300)
    if guest.ask(f"echo {WORKER}") == before:
        raise GuestError("the stopped worker is still the one")


def hung_service(guest: Guest) -> None:
    before = guest.ask(f"echo {MAIN}; kill -STOP {MAIN}")
    guest.wait(f"[ {MAIN} != {before} ] && [ {MAIN} != 0 ] && systemctl is-active --quiet edge-matting", 300)
    guest.ask("journalctl -u edge-matting | grep -i 'watchdog timeout'")
    cut_one(guest, "watched")


def killed_service(guest: Guest) -> None:
    """Again and again, before it is ready; then it is careful, says so, and works. A restart in order forgets it."""
    guest.ask("systemctl restart edge-matting", 180)
    newest = "$(tail -1 /run/edge-matting/starts)"
    for _ in range(MORE_THAN_MANY):
        before = guest.ask(f"echo {newest}; kill -KILL {MAIN}")
        guest.wait(f"[ {newest} != {before} ]", 120)
    guest.wait(f"systemctl is-active --quiet edge-matting && {says('^DEGRADED.*ended too often')}", 300)
    cut_one(guest, "killed")
    guest.ask("systemctl restart edge-matting", 180)
    guest.wait(says("^READY"), 120)


def short_of_memory(guest: Guest) -> None:
    """The limit goes down onto little more than is in use, the worker is killed at a photo, and the limit goes up again.

    Under emulation, beside other work, a stage can take longer than the 60 s it may: from here on it may take 300.
    """
    guest.ask(f"sed -i 's/^# photo_timeout_seconds = .*/photo_timeout_seconds = 300/' {CONFIG}")
    guest.ask(f"grep '^photo_timeout_seconds' {CONFIG} && systemctl restart edge-matting", 300)
    guest.wait(says("^READY"), 180)
    larger = "from PIL import Image; Image.open('/root/example.jpg').resize((2400, 1600)).save('/root/larger.jpg')"
    guest.ask(f'{PYTHON} -c "{larger}"')
    kills = f"$(sed -n 's/^oom_kill //p' {CGROUP}/memory.events)"
    in_use = f"$(sed -n 's/^anon //p' {CGROUP}/memory.stat)"
    before = guest.ask(f"echo {kills}")
    tight = f"MemoryHigh=infinity MemoryMax=$(({in_use} + 40000000))"
    guest.ask(f"systemctl set-property --runtime edge-matting {tight}")
    guest.ask(f"cp /root/larger.jpg {HOT}/.larger && mv {HOT}/.larger {HOT}/inbox/larger.jpg")
    guest.wait(f"[ {kills} -gt {before} ]", 120)
    guest.ask("systemctl set-property --runtime edge-matting MemoryMax=1500M")
    guest.wait(delivered("larger"), 600)
    guest.ask("systemctl is-active edge-matting && journalctl -u edge-matting OUTCOME=retry | grep larger")
    guest.ask("rm -r /run/systemd/system.control/edge-matting.service.d && systemctl daemon-reload")


def power_cuts(guest: Guest) -> None:
    for number in range(3):
        names = [f"cut{number}-{each}" for each in range(5)]
        guest.ask("sync; " + "; ".join(drop(name) for name in names) + "; sync")
        guest.wait(f"[ $(ls {HOT}/outbox | grep -c ^cut{number}-) -ge {number + 1} ]", 300)
        left = guest.ask(f"ls {HOT}/inbox | wc -l")
        guest.cut_power()
        if left == "0":
            raise GuestError("the backlog was over before the cut")
        guest.boot()
        check_places(guest, names)
