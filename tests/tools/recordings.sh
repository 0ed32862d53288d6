#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Recordings from another simulated board, each with its true energy at every mark: of the
# layers of a period and more 93 % are inside their statistical intervals, all of a sensor
# with an offset inside the combined ones, and a converter that stands still or samples that
# come late are reported. They are looked for in SYNERGY_CASES (or ../shared/cases).
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"

cases=${SYNERGY_CASES:-$top/../shared/cases}/recordings

setup() {
	needs synergy-report
	[ -d "$cases" ] || skip "no recordings with truth in $cases"
}

# attribute NAME...: their layers.csv
attribute() {
	for name in "$@"; do
		expect 0 "$bin/synergy-report" -q --rail ch3 --output "$work/$name" \
			"$cases/$name/capture.syn"
	done
}

test_intervals() {
	names="alex_d1 chain_140 chain_d1 chain_max f_stuck1 f_stuck2 f_stuck2max"
	# shellcheck disable=SC2086
	attribute $names
	# shellcheck disable=SC2046
	py check_recordings statistical 0.93 $(for n in $names; do
		echo "$cases/$n/truth.csv" "$work/$n/layers.csv"
	done)
}

test_sensor_with_an_offset() {
	attribute c_noise
	py check_recordings combined 1 "$cases/c_noise/truth.csv" "$work/c_noise/layers.csv"
}

# says NAME TEXT: in the report
says() {
	"$bin/synergy-report" --rail ch3 "$cases/$1/capture.syn" >"$work/report" 2>&1
	check grep -q "$2" "$work/report"
}

test_what_is_wrong() {
	says f_stuck2 "converter: it stood still for 15[0-9.]* ms: 150 equal values were left out"
	says f_stuck2max "converter: it stood still for 15[0-9.]* ms"
	says f_stuck1 "bus or counter errors are in the stream"
	says alex0 "860 of 860 samples came late"
}

run_tests "$@"
