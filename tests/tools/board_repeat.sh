#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The virtual board repeats itself: the same work in two boots takes the same
# virtual time within 1 % and the same counts within 0.5 %, though the host is busy
# with something else during the second. Exit: 0 passed, 1 failed, 77 not built.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
cache=${SYNERGY_CACHE_DIR:-$top/build/cache}
[ -e "$cache/kernel-6.1/image" ] || { echo "SKIP: no kernel in $cache (scripts/setup.sh)"; exit 77; }
command -v qemu-system-aarch64 >/dev/null || { echo "SKIP: no qemu-system-aarch64"; exit 77; }
for f in build/host/synergy-plugin.so build/arm64/tests/board/repeat; do
	[ -e "$top/$f" ] || { echo "SKIP: $f was not built"; exit 77; }
done
work=$(mktemp -d) || exit 1
busy=
trap '[ -z "$busy" ] || kill "$busy"; rm -rf "$work"' EXIT

for boot in 1 2; do
	if [ $boot = 2 ]; then
		(while :; do :; done) &
		busy=$!
	fi
	"$top/scripts/board/run" --load --timeout 100 --log "$work/log" -- repeat \
		>"$work/$boot" 2>"$work/err" || { cat "$work/$boot" "$work/err"; exit 1; }
done

paste -d' ' "$work/1" "$work/2" | awk '
	NF != 4 || $1 != $3 { print "no pair of values: " $0; bad = 1; next }
	{
		off = $2 ? ($4 - $2) / $2 : 1
		limit = $1 == "time_ns" ? 0.01 : 0.005
		printf "%s %s and %s: %+.4f %%\n", $1, $2, $4, off * 100
		if (off > limit || off < -limit)
			bad = 1
		n++
	}
	END { exit bad || n != 5 }'
