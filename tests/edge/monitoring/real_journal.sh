# real_journal.sh COMMAND...: run the command as systemd would, its standard error a journal of its own; then print that
# journal as JSON. In a mount namespace of its own.
set -eu
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/journal "/run/log/journal/$(cat /etc/machine-id)"
/lib/systemd/systemd-journald >/dev/null 2>&1 &
journald=$!
for _ in $(seq 100); do
    [ -S /run/systemd/journal/socket ] && [ -S /run/systemd/journal/stdout ] && break
    sleep 0.1
done
# systemd sets the variable for its services, systemd-cat does not.
# shellcheck disable=SC2016 # the inner shell expands it
systemd-cat sh -c 'JOURNAL_STREAM=$(stat -Lc %d:%i /proc/self/fd/2) exec "$@"' sh "$@" >/dev/null
for _ in $(seq 100); do
    journalctl --directory /run/log/journal --output json SYSLOG_IDENTIFIER=edge-matting | grep -q stopped && break
    sleep 0.1
done
journalctl --directory /run/log/journal --output json SYSLOG_IDENTIFIER=edge-matting
kill "$journald"
