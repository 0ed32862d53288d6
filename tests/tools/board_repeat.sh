#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The virtual board repeats itself: the same work in two boots takes the same
# virtual time within 1 % and the same counts within 0.5 %, though the host is busy
# with something else during the second.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"

setup() {
	[ -e "$cache/kernel-6.1/image" ] || skip "no kernel in $cache (scripts/setup.sh)"
	command -v qemu-system-aarch64 >/dev/null || skip "no qemu-system-aarch64"
	for f in build/host/synergy-plugin.so build/arm64/tests/board/repeat; do
		[ -e "$top/$f" ] || skip "$f was not built"
	done
}

# boot NAME: the figures of one boot in $work/NAME
boot() {
	expect 0 "$top/scripts/board/run" --load --log "$work/log" -- repeat
	mv "$work/out" "$work/$1"
}

test_two_boots() {
	boot first
	(while :; do :; done) &
	busy=$!
	boot second
	kill $busy
	paste -d' ' "$work/first" "$work/second" | awk '
		NF != 4 || $1 != $3 { print "no pair of values: " $0; bad = 1; next }
		{
			off = $2 ? ($4 - $2) / $2 : 1
			limit = $1 == "time_ns" ? 0.01 : 0.005
			printf "%s %s and %s: %+.4f %%\n", $1, $2, $4, off * 100
			if (off > limit || off < -limit)
				bad = 1
			n++
		}
		END { exit bad || n != 5 }' || fail "the boots differ"
}

run_tests "$@"
