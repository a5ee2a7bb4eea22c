"""Read-only root, pictures on a USB disk: set up as systemd/README.md says, and the disk comes late, goes, and comes back."""

from __future__ import annotations

from scripts.prove.boot.guest import Guest, GuestError
from scripts.prove.boot.hot import MAIN, check_places, cut_one, drop, emptied, says
from scripts.prove.boot.service import DROP_INS
from scripts.prove.boot.versions import CONFIG

PHOTOS = "/srv/photos"
FSTAB = r"""
/dev/vda / ext4 ro 0 1
LABEL=state /var/lib/edge-matting ext4 noatime 0 2
LABEL=photos /srv/photos ext4 noatime,nofail,x-systemd.wanted-by=dev-disk-by\x2dlabel-photos.device 0 2
tmpfs /tmp tmpfs mode=1777,nosuid,nodev 0 0
tmpfs /var/tmp tmpfs mode=1777,nosuid,nodev 0 0
tmpfs /var/log tmpfs mode=755,nosuid,nodev 0 0
"""
MOUNT = "/etc/systemd/system/srv-photos.mount.d"
GONE = f'[ -z "$(ls {PHOTOS})" ]'


def read_only_root(guest: Guest) -> None:
    """Comes up without the USB disk, waits for it, and works once it is there."""
    guest.ask(f"cp {CONFIG} /root/config; cp /etc/fstab /root/fstab; mkdir -p {PHOTOS} {MOUNT}")
    guest.ask(f"cat >/etc/fstab <<'END'{FSTAB}END")
    guest.ask(f"printf '[Mount]\\nLazyUnmount=yes\\n' >{MOUNT}/lazy.conf")
    guest.ask(f"printf '[Service]\\nReadWritePaths=-{PHOTOS}\\n' >{DROP_INS}/photos.conf")
    guest.ask(f"sed -i s:/srv/edge-matting/:{PHOTOS}/: {CONFIG} && systemctl daemon-reload")
    guest.plug()
    guest.wait(f"mountpoint -q {PHOTOS}", 60)
    guest.ask(f"chown edge-matting: {PHOTOS} && chmod 2770 {PHOTOS} && umount {PHOTOS} && sync")
    guest.cut_power()
    guest.boot(root="ro")
    guest.ask("! touch /probe 2>/dev/null && findmnt /var/lib/edge-matting")
    guest.wait(f"journalctl -b -u edge-matting | grep -q 'the folder {PHOTOS}/inbox cannot be made'")
    guest.ask(GONE)
    guest.plug()
    guest.wait(says("^READY"), 180)
    cut_one(guest, "late", PHOTOS)


def pulled_out(guest: Guest) -> None:
    """Three times in mid-backlog. The service is the same one all the while."""
    guest.plug()
    guest.wait(f"{says('^READY')} && {emptied(PHOTOS)}", 180)
    before = guest.ask(f"echo {MAIN}")
    for number in range(3):
        names = [f"usb{number}-{each}" for each in range(5)]
        guest.ask("; ".join(drop(name, PHOTOS) for name in names) + "; sync")
        guest.wait(f"[ $(ls {PHOTOS}/outbox | grep -c ^usb{number}-) -ge {number + 1} ]", 300)
        left = guest.ask(f"ls {PHOTOS}/inbox | wc -l")
        guest.unplug()
        if left == "0":
            raise GuestError("the backlog was over before the disk went")
        guest.wait(f"{says('^DEGRADED')} && {GONE}", 60)
        guest.plug()
        check_places(guest, names, PHOTOS)
        guest.wait(says("^READY"), 60)
    guest.ask(f"[ {MAIN} = {before} ]")
    guest.ask("[ $(journalctl -b -u edge-matting | grep -c DEGRADED) -ge 3 ]")


def root_writable_again(guest: Guest) -> None:
    guest.ask("mount -o remount,rw /")
    guest.ask(f"cp /root/config {CONFIG}; cp /root/fstab /etc/fstab; rm -r {MOUNT} {DROP_INS}/photos.conf; sync")
    guest.cut_power()
    guest.boot()
    guest.ask(f"rmdir {PHOTOS}")
    guest.wait(says("^READY"), 120)
