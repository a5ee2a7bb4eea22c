"""The appliance on a machine that really boots, in QEMU: installed from its bundle without network, hung, short of memory, its
power cut and its USB disk pulled out in mid-backlog, upgraded, removed. A line for each step, with its seconds; ends with 1 at
the first that fails.

    sudo python3 -m scripts.prove.boot [--work FOLDER] [--from NUMBER]

FOLDER keeps the bundles, the image and the console's log; --from boots that image again and goes on at that step. Needs
qemu-system-x86, mmdebstrap, e2fsprogs, and some 40 minutes: KVM is not used, so that it runs everywhere.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from scripts.prove.boot.faults import hung_service, hung_worker, killed_service, power_cuts, short_of_memory
from scripts.prove.boot.guest import Guest, GuestError
from scripts.prove.boot.hot import says
from scripts.prove.boot.service import locked_in, ready, seen_from_outside, through
from scripts.prove.boot.usb_disk import pulled_out, read_only_root, root_writable_again
from scripts.prove.boot.versions import (
    failed_upgrade,
    installed,
    installed_from_deb,
    purged,
    removed,
    upgraded,
    upgraded_from_deb,
)

ROOT = Path(__file__).resolve().parents[3]
# What a step returns is printed beside it.
STEPS: tuple[tuple[str, Callable[[Guest], str | None]], ...] = (
    ("installed from the bundle, without network", installed),
    ("first boot without TensorRT: READY on the CPU", ready),
    ("systemd has nothing to say against the units, and finds them locked in", locked_in),
    ("a photo goes through", through),
    ("/healthz and /metrics answer, the metrics file is written", seen_from_outside),
    ("the worker is stopped: given up, its photo cut by another", hung_worker),
    ("the service is stopped: systemd's watchdog starts it again", hung_service),
    ("the service is killed six times in a row: back at work, careful, and as ever after a restart", killed_service),
    ("the worker is killed for its memory: its photo is tried again", short_of_memory),
    ("power cut in mid-backlog, three times: each photo in one place, each output whole", power_cuts),
    ("root read-only, photos on a USB disk that comes late: waits for it, then works", read_only_root),
    ("the USB disk is pulled out in mid-backlog and put back, three times: each photo in one place", pulled_out),
    ("root writable again", root_writable_again),
    ("upgraded in place, the configuration kept", upgraded),
    ("an upgrade that fails leaves the old version at work", failed_upgrade),
    ("removed without a trace", removed),
    ("installed from the .deb, without network", installed_from_deb),
    ("upgraded by the .deb, the configuration kept", upgraded_from_deb),
    ("the package purged: photos stay, nothing else", purged),
)


def step(title: str, run: Callable[[], object]) -> None:
    started = time.monotonic()
    try:
        said = run()
    except (GuestError, subprocess.CalledProcessError) as error:
        sys.exit(f"FAIL  {title}, {time.monotonic() - started:.0f} s\n{error}")
    beside = f" ({said})" if isinstance(said, str) else ""
    print(f"PASS  {title}{beside}, {time.monotonic() - started:.0f} s", flush=True)


def bundle(tree: Path, out: Path) -> None:
    command = [str(tree / "scripts" / "bundle"), "--arch", "x86_64", "--python", "3.11", "--out", str(out)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def bundles(work: Path) -> None:
    """Of this version, and of the same with a higher number; the Debian package of each lies beside it."""
    bundle(ROOT, work / "first.tar")
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".git", ".venv*", "demo-out"))
        project = tree / "pyproject.toml"
        lines = project.read_text().splitlines(keepends=True)
        project.write_text("".join('version = "9.9.9"\n' if line.startswith("version = ") else line for line in lines))
        bundle(tree, work / "second.tar")


def image(work: Path) -> None:
    files = [work / "disk", work / "first.tar", work / "second.tar", *work.glob("edge-matting_*.deb")]
    subprocess.run([Path(__file__).with_name("image"), *files], check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("boot-test"))
    parser.add_argument("--from", type=int, default=0, dest="first", metavar="NUMBER", help="of a step, the first is 1")
    options = parser.parse_args()
    work = options.work
    work.mkdir(exist_ok=True)
    disk = work / "disk"
    guest, started = Guest(disk, work / "console.log"), time.monotonic()
    if not options.first:
        step("two bundles", lambda: bundles(work))
        step("an image", lambda: image(work))
    step("booted", guest.boot)
    try:
        if options.first > 1:  # as the step before left it
            guest.plug()
            guest.wait(says("^READY"), 300)
        for number, (title, run) in enumerate(STEPS, 1):
            if number >= options.first:
                step(f"{number}. {title}", partial(run, guest))
    finally:
        guest.cut_power()
    print(f"{time.monotonic() - started:.0f} s in all")


if __name__ == "__main__":
    main()
