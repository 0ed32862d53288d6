#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# board: timeout=60 modules=none debug=no
#
# A probe that is delayed, as by a core that is busy: of the reads that are
# measured, most take twice as long, or every other one. What is reported of the bus
# is the same as of a probe that nothing delayed, and the chip's clock is learned
# as well.
. /lib/board/lib.sh

SLOW=/sys/kernel/debug/synergy-sim/faults/slow

setup() {
	command -v synergy-record >/dev/null || skip "the tools were not built for the board"
}

read_us() { synergy-info | awk '$NF == "register" { print $(NF - 3) }'; }
rates() { synergy-info | sed -n '/^rates/,/^$/p'; }
margin_ppm() {
	synergy-info | sed -n 's/.*conversions last.*+- *\([0-9.]*\).*/\1/p' |
		awk '{ printf "%.0f\n", $1 * 1e4 }'
}

test_as_fast_as_alone() {
	board_insmod synergy-sim clock_ppm=-2000 || fail "does not load"
	board_insmod synergy || fail "does not load"
	alone=$(read_us)
	alone_rates=$(rates)
	check rmmod synergy
	# COUNT EVERY TIMES: the first nine reads tell what there is, the next are measured.
	for slow in "36 1 2" "21 2 3" "12 3 40"; do
		echo "$slow" >$SLOW
		board_insmod synergy || fail "does not load"
		echo 0 >$SLOW
		stated=$(read_us)
		probed=$(margin_ppm)
		check_that "$stated >= $alone - 1 && $stated <= $alone + 1" "delayed ($slow), a read is reported to take other than $alone us"
		[ "$(rates)" = "$alone_rates" ] || fail "delayed ($slow), other rates: $(rates)"
		synergy-record -o /tmp/s.syn --duration 4 >/dev/null 2>&1 || fail "no recording"
		learned=$(margin_ppm)
		echo "delayed ($slow): $stated us a register ($alone), margin $probed ppm, after four seconds $learned"
		check_that "$learned > 0 && $learned < $probed / 2" "delayed ($slow), the speed is not learned"
		check rmmod synergy
	done
	check rmmod synergy-sim
}

run_tests "$@"
