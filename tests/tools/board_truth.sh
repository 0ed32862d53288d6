#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The truth on a fine grid: a board of a kind, work between marks, and the energy of each
# interval by the grid is that of the marks' own log. A slower core (an instruction takes
# two nanoseconds) does as much.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"

setup() {
	[ -x "$top/build/arm64/tests/board/mark_work" ] || skip "mark_work is not built for the board"
	[ -f "$top/build/host/synergy-plugin.so" ] || skip "the plugin is not built"
	[ -n "$(find "$top/build/kmod/6.1" -name synergy.ko 2>/dev/null)" ] ||
		skip "synergy.ko is not built for the board"
}

# truth STEP_US OPTION...
truth() {
	expect 0 "$top/scripts/board/run" --load --log "$work/kernel.log" --timeout 110 \
		--truth "$work/truth" --truth-us "$1" "${@:2}" -- mark_work 30
	py check_truth "$work/truth" "$work/truth.marks.csv" "$1"
}

test_tx1() { truth 10 --board tx1; }
test_half_the_clock() { truth 20 --board orin-nano --shift 1; }

run_tests "$@"
