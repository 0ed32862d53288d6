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

# truth STEP_US OPTION... -- COMMAND...
truth() {
	expect 0 "$top/scripts/board/run" --load --log "$work/kernel.log" --timeout 110 \
		--truth "$work/truth" --truth-us "$1" "${@:2}"
	py check_truth "$work/truth" "$work/truth.marks.csv" "$1"
}

test_tx1() { truth 10 --board tx1 -- mark_work 30; }

# An operating point: cpufreq says the clock, the simulator its voltage, and what leaks
# (190 mW at the nominal one) goes with that.
test_half_the_clock() {
	truth 20 --board classic --frequency 500MHz -- sh -c '
		mark_work 30
		cd /sys/devices/system/cpu/cpufreq/policy0
		echo frequency $(cat scaling_cur_freq cpuinfo_min_freq cpuinfo_max_freq related_cpus)
		cat /sys/kernel/debug/synergy-sim/operating_points
		tail -n 1 /sys/kernel/debug/synergy-sim/energy
		sleep 1
		tail -n 1 /sys/kernel/debug/synergy-sim/energy'
	has out "frequency 500000 500000 500000 0 1 2 3"
	has out "500000,880,1"
	has out "1000000,1000,0"
	near "$(awk -F, 'NF == 4 && $1 > 1e6 { mw = ($4 - pj) / ($1 - ns); pj = $4; ns = $1 }
		END { print mw }' "$work/out")" 167.2 .02 "idle power in mW"
}

test_no_such_clock() {
	expect 2 "$top/scripts/board/run" --frequency 750MHz -- true
	has err "--frequency 750MHz: this board has 1GHz, 500MHz and 250MHz"
}

run_tests "$@"
