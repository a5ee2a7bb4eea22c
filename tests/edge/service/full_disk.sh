# full_disk.sh OUTBOX COMMAND...: run the service with its outbox on a full file system, then make room.
set -eu
outbox=$1
shift
mount -t tmpfs -o size=1m tmpfs "$outbox"
head -c 900k /dev/zero >"$outbox/.filler"
"$@" &
service=$!
inbox="$(dirname "$outbox")/inbox"
sleep 6
[ "$(ls "$inbox" | wc -l)" -ge 1 ] || { echo "the disk was never full" >&2; exit 1; }
rm "$outbox/.filler"
for _ in $(seq 600); do
    [ -n "$(ls "$inbox")" ] || break
    sleep 0.1
done
kill -TERM $service
wait $service
ls "$outbox"
