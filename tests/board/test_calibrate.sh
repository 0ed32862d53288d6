#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# board: timeout=60 modules=none debug=no
#
# synergy-calibrate on a simulated chip that is off: the offset of a rail without a load
# is found, recordings carry it, and reports are right by themselves.
. /lib/board/lib.sh

setup() {
	command -v synergy-calibrate >/dev/null || skip "the tools were not built for the board"
	board_load offset_uv=0,-52,0 gpu_idle_mw=0 || fail "does not load"
}

# of the whole recording, in mW
power() {
	synergy-report --format csv --rail VDD_GPU "$@" gpu.syn 2>/dev/null | awk -F, '
		/^#/ { next }
		!n++ { for (i = 1; i <= NF; i++) at[$i] = i; next }
		{ uj += $at["energy_uj"]; us += $at["time_us"] }
		END { print (us > 0 ? 1000 * uj / us : "nothing") }'
}

test_offset_is_found_and_taken_out() {
	export SYNERGY_CALIBRATION=/tmp/test/calibration.json
	synergy-calibrate --rail VDD_GPU --unloaded --duration 2 || fail "exit status $?"
	found=$(sed -n 's/.*"offset_uv": *\([-0-9.]*\).*/\1/p' calibration.json)
	check_that "$found < -46 && $found > -56" "the offset found, in uV"
	synergy-record --rails VDD_GPU --duration 2 -q -o gpu.syn || fail "record: exit status $?"
	read=$(power --calibration none) right=$(power)
	# -52 uV at 5 mOhm or 10 are 26 or 52 mW of 5 V
	check_that "$read < -15" "read, in mW"
	check_that "$right < 0.15 * -1 * $read && $right > 0.15 * $read" "corrected, in mW"
	echo "offset $found uV; $read mW as read, $right mW corrected"
}

run_tests "$@"
