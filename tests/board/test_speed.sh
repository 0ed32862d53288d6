#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# board: timeout=90 modules=none debug=no
#
# A chip's clock, of which the data sheet says no more than +-10 %, is measured at
# probe and learned better while it converts freely: what is reported holds the truth,
# and is close to it after four seconds.
. /lib/board/lib.sh

setup() {
	command -v synergy-record >/dev/null || skip "the tools were not built for the board"
}

# How long conversions last and how sure that is, both in ppm of nominal.
reported() {
	synergy-info | awk '$1 == "clock" && $2 == "conversions" {
		gsub(/[()]/, "")
		for (i = 1; i < NF; i++) {
			if ($i == "last") off = $(i + 1)
			if ($i == "+-") margin = $(i + 1)
		}
		printf "%.0f %.0f\n", off * 1e4, margin * 1e4
	}'
}

# speed PPM: of a chip whose clock is as much slower
speed() {
	params "clock_ppm=$1"
	board_insmod synergy || fail "does not load"
	board_insmod synergy-sim clock_ppm=$1 || fail "does not load"
	probed=$(reported)
	synergy-record -o /tmp/s.syn --duration 4 >/dev/null 2>&1 || fail "no recording at clock_ppm=$1"
	learned=$(reported)
	echo "clock_ppm=$1: ppm and margin at probe $probed, after four seconds $learned"
	for figures in "$probed" "$learned"; do
		off="(${figures% *} - ($1))"
		check_that "$off <= ${figures#* } && -$off <= ${figures#* }" "clock_ppm=$1 is not within what is reported"
	done
	check_that "${learned#* } > 0 && ${learned#* } <= 90" "not known to 90 ppm"
	check_that "${learned#* } < ${probed#* } / 2" "no better known than at probe"
	# At the ceiling there is no time to look, and the conversion is started again all the time.
	synergy-record -o /tmp/s.syn --duration 2 --rails VDD_CPU --rate max >/dev/null 2>&1 ||
		fail "no recording at the ceiling"
	kept=$(reported)
	echo "clock_ppm=$1: after two seconds at the ceiling $kept"
	check_that "${kept#* } <= 100" "the ceiling made the speed less known than at its start"
	check rmmod synergy-sim
	check rmmod synergy
}

test_slow() { speed -2000; }
test_nominal() { speed 0; }
test_fast() { speed 700; }

run_tests "$@"
