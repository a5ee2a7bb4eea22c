"""The service on a board where all is well: ready, locked in, at work, and seen from outside."""

from __future__ import annotations

import json

from scripts.prove.boot.guest import Guest, GuestError
from scripts.prove.boot.hot import PYTHON, cut_one, says
from scripts.prove.boot.versions import CONFIG

PROGRAM = "/opt/edge-matting/current/bin/edge-matting"
DROP_INS = "/etc/systemd/system/edge-matting.service.d"
ADDRESS = "127.0.0.1:7000"
METRICS = "/var/lib/metrics"
MOST_EXPOSED = 1.5  # of 10, in systemd's own count


def ready(guest: Guest) -> None:
    guest.wait(f"systemctl is-active --quiet edge-matting && {PROGRAM} status --config {CONFIG} | grep -q READY", 180)
    said = guest.ask(f"{PROGRAM} status --config {CONFIG}")
    if "cpu" not in said:
        raise GuestError(said)


def locked_in(guest: Guest) -> str:
    """Returns systemd's score."""
    said = guest.ask("systemd-analyze verify --man=no edge-matting.service edge-matting-build.service")
    if said:
        raise GuestError(said)
    verdict = guest.ask("systemd-analyze security --no-pager edge-matting | tail -1")
    score = verdict.split("edge-matting.service:")[1].split()[0]
    if float(score) > MOST_EXPOSED:
        raise GuestError(verdict)
    return f"exposure {score}"


def through(guest: Guest) -> None:
    cut_one(guest, "first")


def seen_from_outside(guest: Guest) -> None:
    """Over HTTP, and as a file for node_exporter, opened as edge/monitoring/README.md says; afterwards closed again."""
    guest.ask(f"cp {CONFIG} /root/config && install -d -o edge-matting {METRICS}")
    guest.ask(f"sed -i 's/^# listen = /listen = /' {CONFIG} && grep '^listen.*{ADDRESS}' {CONFIG}")
    guest.ask(f"sed -i 's|^# textfile = .*|textfile = \"{METRICS}/edge-matting.prom\"|' {CONFIG} && grep ^textfile {CONFIG}")
    guest.ask(f"cp /opt/edge-matting/current/share/systemd/drop-ins/network.conf {DROP_INS}")
    guest.ask(f"printf '[Service]\\nReadWritePaths={METRICS}\\n' >{DROP_INS}/metrics.conf")
    guest.ask("systemctl daemon-reload && systemctl restart edge-matting", 180)
    guest.wait(says("^READY"))
    health = json.loads(_fetched(guest, "/healthz"))
    if health["state"] != "READY":
        raise GuestError(str(health))
    for metrics in (_fetched(guest, "/metrics"), guest.ask(f"cat {METRICS}/edge-matting.prom")):
        if 'edge_matting_state{state="READY"} 1' not in metrics:
            raise GuestError(metrics)
    guest.ask(f"cp /root/config {CONFIG} && rm {DROP_INS}/network.conf {DROP_INS}/metrics.conf")
    guest.ask("systemctl daemon-reload && systemctl restart edge-matting", 180)
    guest.ask(f"[ ! -e {METRICS}/edge-matting.prom ] && rmdir {METRICS}")


def _fetched(guest: Guest, path: str) -> str:
    """The body; anything but 200 raises in the guest."""
    fetch = f"import urllib.request as r; print(r.urlopen('http://{ADDRESS}{path}', timeout=10).read().decode())"
    return guest.ask(f'{PYTHON} -I -c "{fetch}"')
