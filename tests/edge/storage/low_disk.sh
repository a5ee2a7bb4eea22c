# low_disk.sh by-hand|by-retention ROOT COMMAND...: run the service with its outbox on a disk that is nearly full.
# Room is then made by hand, or left to the service.
set -eu
room=$1
root=$2
shift 2
mount -t tmpfs -o size=64m tmpfs "$root/outbox"
head -c 50M /dev/zero >"$root/outbox/old.png"
"$@" &
service=$!
if [ "$room" = by-hand ]; then
    until grep -qs 'nearly full' "$root/state/status.json"; do sleep 0.1; done
    grep -E '"(state|reason)"' "$root/state/status.json"
    sleep 3
    [ "$(ls "$root/inbox" | wc -l)" = 3 ] || { echo "photos were taken in" >&2; exit 1; }
    rm "$root/outbox/old.png"
fi
until [ -z "$(ls "$root/inbox")" ]; do sleep 0.1; done
kill -TERM $service
wait $service
ls "$root/outbox"
