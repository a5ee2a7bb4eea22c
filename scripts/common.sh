# shellcheck shell=sh disable=SC2034 # its readers use these
# What scripts/install, scripts/uninstall and the Debian package's scripts (scripts/deb) share. Read by them, not run.
base=/opt/edge-matting
units=/etc/systemd/system
photos=/srv/edge-matting

say() { echo "edge-matting: $*"; }
die() { echo "edge-matting: $*" >&2 && exit 1; }
need_root() { [ "$(id -u)" = 0 ] || die "must be run as root: sudo $0"; }
systemd_runs() { [ -d /run/systemd/system ]; } # not in an image that is being made

# Stops the service and takes away all that scripts/install built. Photos, settings, state and the user stay, and drop-ins of
# the operator's own.
remove_service() {
    if systemd_runs; then systemctl stop edge-matting edge-matting-build 2>/dev/null || true; fi
    systemctl --quiet disable edge-matting 2>/dev/null || true
    for name in edge-matting edge-matting-build; do
        rm -f "$units/$name.service" "$units/$name.service.d/10-sandbox.conf" "$units/$name.service.d/10-memory.conf"
        rmdir "$units/$name.service.d" 2>/dev/null || true
    done
    if systemd_runs; then
        systemctl daemon-reload
        systemctl reset-failed edge-matting edge-matting-build 2>/dev/null || true
    fi
    rm -rf "$base" /run/edge-matting /var/cache/edge-matting
    rm -f /usr/local/bin/edge-matting /etc/tmpfiles.d/edge-matting.conf
}

# Also the operator's drop-ins, which mean nothing without the service.
remove_settings_and_state() {
    rm -rf /etc/edge-matting /var/lib/edge-matting "$units/edge-matting.service.d" "$units/edge-matting-build.service.d"
    rm -f /etc/sysusers.d/edge-matting.conf
    rmdir --ignore-fail-on-non-empty /etc/sysusers.d 2>/dev/null || true # ours where nobody else needed one
}

remove_user() {
    if getent passwd edge-matting >/dev/null; then userdel edge-matting; fi
    if getent group edge-matting >/dev/null; then groupdel edge-matting; fi
}
